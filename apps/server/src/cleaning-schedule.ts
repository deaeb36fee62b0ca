import { type Cleaned, type CleaningSettings, clean } from '@idem/api/cleaning'
import { Cron } from 'croner'
import type { Logger } from 'pino'

export type CleaningScheduleSettings = Omit<CleaningSettings, 'signal'> & {
  readonly log: Logger
  readonly onCleaned: (cleaned: Cleaned) => void
}

/** Often enough that each time there is little to do. Instances need not agree on the minute. */
const everyTenMinutes = '*/10 * * * *'

/**
 * Cleans at once and then again and again while the server runs: one that never
 * runs for ten minutes cleans as well. The returned function ends it after the
 * batch under way.
 */
export function scheduleCleaning(settings: CleaningScheduleSettings): () => Promise<void> {
  const { log, onCleaned, ...what } = settings
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  async function cleanOnce(): Promise<void> {
    try {
      const cleaned = await clean({ ...what, signal: stopping.signal })
      if (stopping.signal.aborted) return
      onCleaned(cleaned)
      const isNews = Object.values(cleaned).some((count) => count > 0)
      log[isNews ? 'info' : 'debug'](cleaned, 'cleaned')
    } catch (error) {
      // What was not cleaned now is cleaned the next time.
      log.warn({ err: error }, 'cleaning failed')
    }
  }

  const job = new Cron(everyTenMinutes, { protect: true, unref: true }, () => {
    running = cleanOnce()
    return running
  })
  void job.trigger()
  return async function stop() {
    job.stop()
    stopping.abort()
    await running
  }
}
