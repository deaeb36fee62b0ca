import { STATUS_CODES } from 'node:http'
import type { IdempotencyError, IdempotencyErrorCode } from '../idempotency-error.ts'
import type { ResponseParts } from './response-parts.ts'

/** An `IdempotencyError`, or the reason why a request cannot have a key. */
type Reason = Pick<IdempotencyError, 'status' | 'message' | 'retry'> &
  Partial<Pick<IdempotencyError, 'retryAfterMs' | 'serverTime' | 'replayed'>> & {
    readonly code: IdempotencyErrorCode | 'wrong_type' | 'invalid_input'
  }

/** A refusal as a problem document (RFC 9457). `idempotentFetch` and the outbox read its member `refusal`. */
export function problem(
  { status, message: detail, code, retry, retryAfterMs, serverTime, replayed }: Reason,
  // The RFC makes the title the phrase of the status where there is no page for it.
  type = 'about:blank',
): ResponseParts {
  const refusal = { code, retry, retryAfterMs, serverTime }
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterMs && { 'retry-after': Math.ceil(retryAfterMs / 1_000) }),
      ...(replayed && { 'idempotent-replayed': 'true' }),
    },
    body: JSON.stringify({ type, title: STATUS_CODES[status], status, detail, refusal }),
  }
}
