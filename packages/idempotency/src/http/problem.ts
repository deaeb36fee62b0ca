import { STATUS_CODES } from 'node:http'
import type { IdempotencyError } from '../idempotency-error.ts'
import type { ResponseParts } from './response-parts.ts'

/** Of an `IdempotencyError`, or of a request that cannot have a key. */
export type Refusal = Pick<IdempotencyError, 'status' | 'message'> & {
  readonly code: string
  readonly retry: string
  readonly retryAfterMs?: number | undefined
  readonly serverTime?: Date | undefined
  readonly replayed?: boolean
}

/** A refusal as a problem document (RFC 9457). `idempotentFetch` and the outbox read its member `refusal`. */
export function problem(
  { status, message: detail, code, retry, retryAfterMs, serverTime, replayed }: Refusal,
  // Without a page for it, the RFC makes the title the phrase of the status.
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
