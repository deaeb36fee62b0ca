import { type Refusal, type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import {
  getTRPCErrorFromUnknown,
  type TRPC_ERROR_CODE_KEY,
  type TRPCDefaultErrorShape,
  TRPCError,
} from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'
import { inputRefusal, invalidInput } from '../http/parse-input.ts'
import { type Refused, refusedBy, statusOf } from '../http/refused.ts'

/** The tRPC error for a refusal; tRPC wraps any other error itself. */
export function toTrpcError(error: unknown): TRPCError {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!isRefusal(cause)) return getTRPCErrorFromUnknown(error)
  const refused = refusedBy(cause)
  const { message } = refused
  const converted = new TRPCError({ code: trpcCodeOf(refused), message, cause })
  known.set(converted, refused)
  return converted
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof RefusalError ||
    error instanceof IdempotencyError ||
    error instanceof StoredRefusal
  )
}

/** Remembers the refusal of each error, so that log and answer share a correlation id. */
export function refusedByTrpc(error: TRPCError, input: unknown): Refused {
  const refused =
    known.get(error) ?? refusedBy(isRefusal(error.cause) ? error.cause : derived(error, input))
  known.set(error, refused)
  return refused
}

const known = new WeakMap<TRPCError, Refused>()

/** The refusal for an error raised by tRPC itself or by a middleware; any other is a bug. */
function derived(error: TRPCError, input: unknown): Error {
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
      return error
  }
}

function trpcCodeOf({ code, status }: Refused): TRPC_ERROR_CODE_KEY {
  const shown = code === undefined ? status : trpcStatusOf(code)
  // RFC 9110, section 15: an unknown status is treated as the x00 of its class.
  return codesByStatus.get(shown) ?? (shown < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
}

/** 412 is about a precondition in a header; tRPC sends the version in the input. */
function trpcStatusOf(code: RefusalCode): number {
  return code === 'version_conflict' ? 409 : statusOf(code)
}

const codesByStatus = new Map(
  Object.keys(TRPC_ERROR_CODES_BY_KEY)
    // The keys of tRPC's own table.
    .map((key) => key as TRPC_ERROR_CODE_KEY)
    .map((code) => [getHTTPStatusCodeFromError(new TRPCError({ code })), code]),
)

export type ErrorShape = TRPCDefaultErrorShape & {
  /** `refusal` may have been stored by another release, with members and a code that this one does not know. */
  data: TRPCDefaultErrorShape['data'] & { refusal: Refusal }
}

/** tRPC's error formatter: every error carries a refusal, and its message. */
export function errorShape(failure: {
  shape: TRPCDefaultErrorShape
  error: TRPCError
  input: unknown
}): ErrorShape {
  const { shape, error, input } = failure
  const { refusal, message } = refusedByTrpc(error, input)
  // The path is text of the caller; an unknown path is not echoed.
  const { path, ...data } = shape.data
  const named = refusal.code === 'no_such_route' || path === undefined ? data : { ...data, path }
  return { ...shape, message, data: { ...named, refusal } }
}
