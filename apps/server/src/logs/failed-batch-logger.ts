import type { FailedBatch } from '@idem/idempotency/batch'
import type { Logger } from 'pino'

/** One line a second for each SQLSTATE shows the problem; the metric shows its frequency. */
const onceInMs = 1_000
/** Never reached in practice; without a limit a driver that invents codes would fill the memory. */
const mostStates = 100

/** Logs a failed batch without titles, keys or the error message, which quotes both. */
export function failedBatchLogger(log: Logger): (failed: FailedBatch) => void {
  const lastLogged = new Map<string, number>()

  return function logFailedBatch({ operation, size, sqlState }) {
    const now = performance.now()
    if (now - (lastLogged.get(sqlState) ?? Number.NEGATIVE_INFINITY) < onceInMs) return
    if (lastLogged.size >= mostStates) lastLogged.clear()
    lastLogged.set(sqlState, now)
    log.warn({ operation, size, sqlState }, 'batch failed')
  }
}
