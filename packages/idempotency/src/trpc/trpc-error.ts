import { type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'
import { IdempotencyError, type IdempotencyErrorCode, type Retry } from '../idempotency-error.ts'

const codes: Readonly<Record<IdempotencyErrorCode, TRPC_ERROR_CODE_KEY>> = {
  in_flight: 'CONFLICT',
  key_reused: 'UNPROCESSABLE_CONTENT',
  key_expired: 'PRECONDITION_FAILED',
  key_from_future: 'PRECONDITION_FAILED',
  cancelled: 'CONFLICT',
  unavailable: 'SERVICE_UNAVAILABLE',
  key_missing: 'BAD_REQUEST',
  key_malformed: 'BAD_REQUEST',
}

/** The error of tRPC for a refusal; any other error is left as it is, an error of tRPC for one. */
export function toTrpcError(error: unknown): unknown {
  if (!(error instanceof IdempotencyError)) return error
  return new TRPCError({ code: codes[error.code], message: error.message, cause: error })
}

export type RefusalData = {
  readonly idem?: {
    readonly code: IdempotencyErrorCode
    readonly retry: Retry
    /** When to send the same key again, in milliseconds. */
    readonly retryAfterMs?: number
    /** The database's clock, ISO 8601 in UTC, with the two refusals of a time-ordered key. */
    readonly serverTime?: string
  }
}

/**
 * What a client needs to know of a refusal, for the `data` of an error: a member
 * `idem` with the code and the advice, or nothing when the error is none of this
 * package's. tRPC gives a middleware no way into that data, so a router says it
 * in its `errorFormatter`:
 *
 * ```ts
 * errorFormatter: ({ shape, error }) => ({
 *   ...shape,
 *   data: { ...shape.data, ...refusalData(error) },
 * })
 * ```
 *
 * Without it `idempotencyLink()` cannot tell an attempt that is in progress from
 * a conflict of the application's own, and leaves both to the application.
 */
export function refusalData({ cause }: { readonly cause?: unknown }): RefusalData {
  if (!isRefusal(cause)) return {}
  const { code, retry, retryAfterMs, serverTime } = cause
  return {
    idem: {
      code,
      retry,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(serverTime === undefined ? {} : { serverTime: serverTime.toISOString() }),
    },
  }
}

/** By its name: a bundler may load this package twice, and then there are two classes. */
function isRefusal(cause: unknown): cause is IdempotencyError {
  return cause instanceof Error && cause.name === 'IdempotencyError'
}
