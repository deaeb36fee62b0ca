import { type Cleaned, type CleaningSettings, clean } from '@idem/api/cleaning'
import { Cron } from 'croner'
import type { Logger } from 'pino'

/** Often enough that each time there is little to do. Instances need not agree on the minute. */
const everyTenMinutes = '*/10 * * * *'

/** Cleans while the server runs; the returned function ends it after the batch under way. */
export function scheduleCleaning(
  settings: Omit<CleaningSettings, 'signal'>,
  log: Logger,
): () => Promise<void> {
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  const job = new Cron(everyTenMinutes, { protect: true, unref: true }, () => {
    running = clean({ ...settings, signal: stopping.signal }).then(
      (cleaned: Cleaned) => log.info(cleaned, 'cleaned'),
      // What was not cleaned now is cleaned the next time.
      (error: unknown) => log.warn({ err: error }, 'cleaning failed'),
    )
    return running
  })
  return async function stop() {
    job.stop()
    stopping.abort()
    await running
  }
}
