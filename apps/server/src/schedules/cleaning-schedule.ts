import {
  type CleaningKind,
  type CleaningSettings,
  clean,
  cleaningKinds,
} from '@idem/operations/clean'
import type { Logger } from 'pino'
import { runPeriodically } from './run-periodically.ts'

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
  return runPeriodically(everyTenMinutes, (signal) => cleanOnce(settings, signal))
}

async function cleanOnce(settings: CleaningScheduleSettings, signal: AbortSignal): Promise<void> {
  const { log, metrics, ...cleaning } = settings
  const cleaned = await clean({ ...cleaning, signal, onBatch: metrics.removed })
  for (const kind of cleaningKinds) {
    const { removed, failure } = cleaned[kind]
    if (failure !== undefined) {
      metrics.cleaningFailed(kind)
      // The next run continues.
      log.warn({ err: failure, what: kind, removed }, 'cleaning failed')
    } else if (!signal.aborted) metrics.cleaned(kind)
  }
  const counts = Object.fromEntries(cleaningKinds.map((kind) => [kind, cleaned[kind].removed]))
  const isNews = Object.values(counts).some((count) => count > 0)
  log[isNews ? 'info' : 'debug'](counts, 'cleaned')
}
