import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import { getTRPCErrorFromUnknown, type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'
import { inputRefusal, invalidInput } from '../http/parse-input.ts'
import { refusalOf } from '../http/refusal-of.ts'
import { refusalStatus, statusOf } from '../http/refusal-status.ts'

/** The tRPC error for a refusal; tRPC wraps any other error itself. */
export function toTrpcError(error: unknown): TRPCError {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!(cause instanceof RefusalError)) return getTRPCErrorFromUnknown(error)
  return new TRPCError({ code: trpcCodeOf(cause), message: cause.message, cause })
}

/** The same error always has the same refusal, so log and answer share a correlation id. */
export function refusalOfTrpcError(error: TRPCError, input: unknown): RefusalError {
  const known = refusals.get(error)
  if (known !== undefined) return known
  const refusal = error.cause instanceof RefusalError ? error.cause : derived(error, input)
  refusals.set(error, refusal)
  return refusal
}

const refusals = new WeakMap<TRPCError, RefusalError>()

/** The refusal for an error raised by tRPC itself or by a middleware. */
function derived(error: TRPCError, input: unknown): RefusalError {
  switch (error.code) {
    case 'BAD_REQUEST':
    case 'PARSE_ERROR':
      return error.cause instanceof ZodError ? inputRefusal(error.cause, input) : invalidInput([''])
    case 'UNAUTHORIZED':
      return new RefusalError('unauthenticated')
    case 'FORBIDDEN':
      return new RefusalError('forbidden')
    case 'TOO_MANY_REQUESTS':
      return new RefusalError('too_many')
    case 'NOT_FOUND':
      return new RefusalError('no_such_route')
    case 'METHOD_NOT_SUPPORTED':
      return new RefusalError('method_not_allowed')
    case 'PAYLOAD_TOO_LARGE':
      return new RefusalError('too_large')
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new RefusalError('wrong_type')
    default:
      return refusalOf(error)
  }
}

function trpcCodeOf(refusal: RefusalError): TRPC_ERROR_CODE_KEY {
  const code = refusal instanceof StoredRefusal ? refusal.code : refusal.refusal.code
  const status = code === undefined ? statusOf(refusal) : trpcStatusOf(code)
  // RFC 9110, section 15: an unknown status is treated as the x00 of its class.
  return codesByStatus.get(status) ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
}

/** 412 is about a precondition in a header; tRPC sends the version in the input. */
function trpcStatusOf(code: RefusalCode): number {
  return code === 'version_conflict' ? 409 : refusalStatus[code]
}

const codesByStatus = new Map(
  Object.keys(TRPC_ERROR_CODES_BY_KEY)
    // The keys of tRPC's own table.
    .map((key) => key as TRPC_ERROR_CODE_KEY)
    .map((code) => [getHTTPStatusCodeFromError(new TRPCError({ code })), code]),
)
