import type { FailedBatch } from '@idem/idempotency/batch'
import { Counter, type Registry } from 'prom-client'

/** Counts failed statements of batches by SQLSTATE. */
export function batchMetrics(registry: Registry): (failed: FailedBatch) => void {
  const failures = new Counter({
    name: 'idem_failed_batches_total',
    help: 'Failed statements for a batch of creates or changes, or for a part of a failed one, by SQLSTATE. Their attempts are repeated in smaller batches or alone.',
    labelNames: ['sqlstate'],
    registers: [registry],
  })
  // Starts at zero: the one code that a healthy server has now and then.
  failures.inc({ sqlstate: '55P03' }, 0)

  return function countFailedBatch({ sqlState }) {
    failures.inc({ sqlstate: sqlState })
  }
}
