import type { Refusal } from '@idem/contract/refusal'
import type { TRPCDefaultErrorShape, TRPCError } from '@trpc/server'
import { refusalOfTrpcError } from './trpc-error.ts'

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
  const { refusal, message } = refusalOfTrpcError(error, input)
  // The path is text of the caller; an unknown path is not echoed.
  const { path, ...data } = shape.data
  const named = refusal.code === 'no_such_route' || path === undefined ? data : { ...data, path }
  return { ...shape, message, data: { ...named, refusal } }
}
