import type { IdempotencyError, IdempotencyErrorCode, RetryAdvice } from '../idempotency-error.ts'

/** Why a submission was neither executed nor replayed, for the page. */
export type Refusal = {
  readonly code: IdempotencyErrorCode
  readonly retry: RetryAdvice
  /** Of the submission. After a refusal with the advice `same_key` the form must send it again. */
  readonly key: string
  /** When to send the same key again, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The database's clock, ISO 8601 in UTC, with the two refusals of a time-ordered key. */
  readonly serverTime?: string | undefined
}

/** The state that a refused submission returns. A state with a `message` has room for it. */
export type Refused = { readonly message: string; readonly refusal: Refusal }

export function refused(error: IdempotencyError, key: string): Refused {
  const { code, retry, message, retryAfterMs, serverTime } = error
  return {
    message,
    refusal: { code, retry, key, retryAfterMs, serverTime: serverTime?.toISOString() },
  }
}

/** Next hides the message of an error from the page, but not its digest. */
export function withDigest(error: IdempotencyError): IdempotencyError {
  const { code, retry } = error
  return Object.assign(error, { digest: `IDEM_REFUSAL;${code};${retry}` })
}
