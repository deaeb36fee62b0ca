import { type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'
import { IdempotencyError, type IdempotencyErrorCode, isRefusal } from '../idempotency-error.ts'
import { type Refusal, refusalOf } from '../refusal.ts'

const codes: Readonly<Record<IdempotencyErrorCode, TRPC_ERROR_CODE_KEY>> = {
  in_flight: 'CONFLICT',
  key_reused: 'UNPROCESSABLE_CONTENT',
  key_expired: 'PRECONDITION_FAILED',
  key_from_future: 'PRECONDITION_FAILED',
  cancelled: 'CONFLICT',
  unavailable: 'SERVICE_UNAVAILABLE',
  key_missing: 'BAD_REQUEST',
  key_malformed: 'BAD_REQUEST',
  effect_escaped: 'INTERNAL_SERVER_ERROR',
}

/** The tRPC error for a refusal; any other error is returned unchanged, also one of tRPC. */
export function toTrpcError(error: unknown): unknown {
  if (!(error instanceof IdempotencyError)) return error
  return new TRPCError({ code: codes[error.code], message: error.message, cause: error })
}

export type RefusalData = { readonly idem?: Refusal }

/**
 * The part of a refusal that a client needs, for the `data` of an error: a member
 * `idem` with the code and the advice, or nothing for any other error. tRPC gives a
 * middleware no access to that data, so a router adds it in its `errorFormatter`:
 *
 * ```ts
 * errorFormatter: ({ shape, error }) => ({
 *   ...shape,
 *   data: { ...shape.data, ...refusalData(error) },
 * })
 * ```
 *
 * Without it `idempotencyLink()` cannot distinguish an attempt in progress from a
 * conflict of the application, and leaves both to the application.
 */
export function refusalData({ cause }: { readonly cause?: unknown }): RefusalData {
  return isRefusal(cause) ? { idem: refusalOf(cause) } : {}
}
