import { type CallerSignal, IdempotencyError } from '@idem/idempotency'

/** Refuses work that no caller waits for any more, before it uses the database. */
export function expectCaller(signal: CallerSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new IdempotencyError('unavailable', { began: false, dropped: true })
  }
}
