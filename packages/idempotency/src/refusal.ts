import type { IdempotencyError, IdempotencyErrorCode, RetryAdvice } from './idempotency-error.ts'

/** Why an attempt was neither executed nor replayed, in the form in which its client gets it. */
export type Refusal = {
  readonly code: IdempotencyErrorCode
  readonly retry: RetryAdvice
  /** When to send the same key again, in milliseconds. */
  readonly retryAfterMs?: number
  /** The database's clock, ISO 8601 in UTC, with the two refusals of a time-ordered key. */
  readonly serverTime?: string
}

export function refusalOf({ code, retry, retryAfterMs, serverTime }: IdempotencyError): Refusal {
  // In JSON the clock is a text, and a member without a value is left out.
  return JSON.parse(JSON.stringify({ code, retry, retryAfterMs, serverTime }))
}
