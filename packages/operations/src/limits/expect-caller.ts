import { type CallerSignal, IdempotencyError } from '@idem/idempotency'

/** Refuses work for which nobody waits any more, before it takes time of the database. */
export function expectCaller(signal: CallerSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new IdempotencyError('unavailable', { began: false, dropped: true })
  }
}
