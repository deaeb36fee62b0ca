import type { FailedBatch } from '@idem/idempotency'
import { Counter, type Registry } from 'prom-client'

/** Counts statements of batches that failed, by what the database said. */
export function batchMetrics(registry: Registry): (failed: FailedBatch) => void {
  const failures = new Counter({
    name: 'idem_failed_batches_total',
    help: 'Statements for a batch of creates, or for a half of a failed one, that failed, by SQLSTATE. Their attempts are made in smaller batches or alone.',
    labelNames: ['sqlstate'],
    registers: [registry],
  })
  // There from the start, at zero, is the one that a healthy server has now and then.
  failures.inc({ sqlstate: '55P03' }, 0)

  return function countFailedBatch({ sqlState }) {
    failures.inc({ sqlstate: sqlState })
  }
}
