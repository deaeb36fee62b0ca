import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { getTRPCErrorFromUnknown, type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'

/**
 * What a refusal is called on each face. tRPC derives its HTTP status from its
 * code; `rest` is there where the other face has a better one.
 */
export const refusalTable: Readonly<
  Record<RefusalCode, { readonly trpc: TRPC_ERROR_CODE_KEY; readonly rest: number }>
> = {
  key_missing: { trpc: 'BAD_REQUEST', rest: 400 },
  key_malformed: { trpc: 'BAD_REQUEST', rest: 400 },
  key_ambiguous: { trpc: 'BAD_REQUEST', rest: 400 },
  invalid_input: { trpc: 'BAD_REQUEST', rest: 400 },
  unauthenticated: { trpc: 'UNAUTHORIZED', rest: 401 },
  forbidden: { trpc: 'FORBIDDEN', rest: 403 },
  too_many: { trpc: 'TOO_MANY_REQUESTS', rest: 429 },
  not_found: { trpc: 'NOT_FOUND', rest: 404 },
  in_flight: { trpc: 'CONFLICT', rest: 409 },
  cancelled: { trpc: 'CONFLICT', rest: 409 },
  version_conflict: { trpc: 'CONFLICT', rest: 412 },
  version_missing: { trpc: 'PRECONDITION_REQUIRED', rest: 428 },
  id_taken: { trpc: 'CONFLICT', rest: 409 },
  key_expired: { trpc: 'PRECONDITION_FAILED', rest: 412 },
  key_from_future: { trpc: 'PRECONDITION_FAILED', rest: 412 },
  key_reused: { trpc: 'UNPROCESSABLE_CONTENT', rest: 422 },
  too_large: { trpc: 'PAYLOAD_TOO_LARGE', rest: 413 },
  wrong_type: { trpc: 'UNSUPPORTED_MEDIA_TYPE', rest: 415 },
  unavailable: { trpc: 'SERVICE_UNAVAILABLE', rest: 503 },
  no_such_route: { trpc: 'NOT_FOUND', rest: 404 },
  method_not_allowed: { trpc: 'METHOD_NOT_SUPPORTED', rest: 405 },
  unexpected: { trpc: 'INTERNAL_SERVER_ERROR', rest: 500 },
}

/** A refusal by its tRPC code, however deep tRPC has wrapped it; anything else as tRPC takes it. */
export function asTrpcError(error: unknown): TRPCError {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!(cause instanceof RefusalError)) return getTRPCErrorFromUnknown(error)
  return new TRPCError({
    code: refusalTable[cause.refusal.code].trpc,
    message: cause.message,
    cause,
  })
}
