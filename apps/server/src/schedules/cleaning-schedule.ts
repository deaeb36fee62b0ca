import { type CleaningKind, type CleaningSettings, clean } from '@idem/operations/clean'
import { Cron } from 'croner'
import type { Logger } from 'pino'

export type CleaningScheduleSettings = Omit<CleaningSettings, 'signal' | 'onBatch'> & {
  readonly log: Logger
  readonly metrics: {
    readonly removed: (kind: CleaningKind, count: number) => void
    readonly cleaned: (kind: CleaningKind) => void
    readonly cleaningFailed: (kind: CleaningKind) => void
  }
}

/** Often enough that each run is small. Instances need no common schedule. */
const everyTenMinutes = '*/10 * * * *'

/**
 * Cleans at start and then periodically: a server that never runs for ten minutes cleans
 * too. The returned function stops it after the current batch.
 */
export function scheduleCleaning(settings: CleaningScheduleSettings): () => Promise<void> {
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  const job = new Cron(everyTenMinutes, { protect: true, unref: true }, () => {
    running = cleanOnce(settings, stopping.signal)
    return running
  })
  void job.trigger()
  return async function stop() {
    job.stop()
    stopping.abort()
    await running
  }
}

async function cleanOnce(settings: CleaningScheduleSettings, signal: AbortSignal): Promise<void> {
  const { log, metrics, ...cleaning } = settings
  const { keys, tombstones } = await clean({ ...cleaning, signal, onBatch: metrics.removed })
  for (const [kind, { removed, failure }] of [
    ['keys', keys],
    ['tombstones', tombstones],
  ] as const) {
    if (failure !== undefined) {
      metrics.cleaningFailed(kind)
      // The next run continues.
      log.warn({ err: failure, what: kind, removed }, 'cleaning failed')
    } else if (!signal.aborted) metrics.cleaned(kind)
  }
  const counts = { keys: keys.removed, tombstones: tombstones.removed }
  const isNews = counts.keys + counts.tombstones > 0
  log[isNews ? 'info' : 'debug'](counts, 'cleaned')
}
