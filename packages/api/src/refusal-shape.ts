import { randomUUID } from 'node:crypto'
import { type Refusal, RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'
import type { TRPCDefaultErrorShape, TRPCError } from '@trpc/server'
import { ZodError } from 'zod'
import { isRefusal } from './refusal-table.ts'

export type RefusalShape = TRPCDefaultErrorShape & {
  /** `refusal` may have been stored by another release, with members and a code that this one does not know. */
  data: TRPCDefaultErrorShape['data'] & { refusal: Refusal }
}

/**
 * tRPC's error formatter: every error carries a refusal, in the refusal's own
 * words. An unexpected error's message never leaves: it may hold anything.
 */
export function refusalShape(failure: {
  shape: TRPCDefaultErrorShape
  error: TRPCError
  input: unknown
}): RefusalShape {
  const { shape, error, input } = failure
  const declined = refusalOf(error, input)
  const { message } = declined
  const refusal = declined instanceof StoredRefusal ? declined.value() : declined.refusal
  // The path is the caller's own words; a name that is nothing is not said back.
  const { path, ...data } = shape.data
  const named = refusal.code === 'no_such_route' || path === undefined ? data : { ...data, path }
  return { ...shape, message, data: { ...named, refusal } }
}

/** The refusal an error stands for; the same error always the same one, so that the log and the answer share a correlation id. */
export function refusalOf(error: TRPCError, input: unknown): RefusalError | StoredRefusal {
  const known = refusals.get(error)
  if (known !== undefined) return known
  const refusal = isRefusal(error.cause) ? error.cause : derived(error, input)
  refusals.set(error, refusal)
  return refusal
}

const refusals = new WeakMap<TRPCError, RefusalError | StoredRefusal>()

function derived(error: TRPCError, input: unknown): RefusalError {
  switch (error.code) {
    case 'BAD_REQUEST':
    case 'PARSE_ERROR':
      return error.cause instanceof ZodError ? ofInput(error.cause, input) : invalid([''])
    case 'NOT_FOUND':
      return new RefusalError('no_such_route')
    case 'METHOD_NOT_SUPPORTED':
      return new RefusalError('method_not_allowed')
    case 'PAYLOAD_TOO_LARGE':
      return new RefusalError('too_large')
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new RefusalError('wrong_type')
    default:
      return new RefusalError('unexpected', { correlationId: randomUUID() }, { cause: error })
  }
}

// A key is judged first: without a sound one the rest cannot be retried anyway.
function ofInput({ issues }: ZodError, input: unknown): RefusalError {
  if (!issues.some(({ path }) => path[0] === 'idempotencyKey'))
    return invalid(issues.flatMap(pathsOf))
  const missing = Object(input).idempotencyKey === undefined
  return new RefusalError(missing ? 'key_missing' : 'key_malformed')
}

function pathsOf(issue: ZodError['issues'][number]): string[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') return [at.join('.')]
  return issue.keys.map((key) => [...at, key].join('.'))
}

function invalid(paths: string[]): RefusalError {
  return new RefusalError('invalid_input', { paths: [...new Set(paths)] })
}
