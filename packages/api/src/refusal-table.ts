import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import { getTRPCErrorFromUnknown, type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'

/**
 * The name of a refusal on each API. tRPC derives its HTTP status from its
 * code; `rest` is there where REST has a better one.
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

/** The HTTP status of a code over REST. */
export function statusOf(code: RefusalCode): number {
  return refusalTable[code].rest
}

/** A refusal by its tRPC code, however deep tRPC has wrapped it; anything else as tRPC takes it. */
export function asTrpcError(error: unknown): TRPCError {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!isRefusal(cause)) return getTRPCErrorFromUnknown(error)
  return new TRPCError({ code: trpcCodeOf(cause), message: cause.message, cause })
}

/** Declined now, or by an earlier attempt with the same key. */
export function isRefusal(error: unknown): error is RefusalError | StoredRefusal {
  return error instanceof RefusalError || error instanceof StoredRefusal
}

/** The status over REST: for a stored refusal the one it was first answered with. */
export function restStatusOf(refusal: RefusalError | StoredRefusal): number {
  if (refusal instanceof RefusalError) return refusalTable[refusal.refusal.code].rest
  if (refusal.status !== undefined) return refusal.status
  return refusal.code === undefined ? statusOfUnknown : refusalTable[refusal.code].rest
}

/** What the domain declines and stores depends on the state of a todo, and most of it is a conflict. */
const statusOfUnknown = 409

function trpcCodeOf(refusal: RefusalError | StoredRefusal): TRPC_ERROR_CODE_KEY {
  const code = refusal instanceof RefusalError ? refusal.refusal.code : refusal.code
  if (code !== undefined) return refusalTable[code].trpc
  const status = restStatusOf(refusal)
  // RFC 9110, section 15: a status that is not known is treated as the x00 of its class.
  return codesByStatus.get(status) ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
}

const codesByStatus = new Map(
  Object.keys(TRPC_ERROR_CODES_BY_KEY)
    // tRPC's own table, whose keys are these.
    .map((key) => key as TRPC_ERROR_CODE_KEY)
    .map((code) => [getHTTPStatusCodeFromError(new TRPCError({ code })), code]),
)
