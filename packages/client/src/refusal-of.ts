import { hasMembers } from '@idem/contract/has-members'
import { isTodo } from '@idem/contract/is-todo'
import type { Refusal, RefusalCode, RetryAdvice } from '@idem/contract/refusal'

/**
 * A received refusal. A newer server may send an unknown code; then the retry advice is enough.
 */
export type ReceivedRefusal = Omit<Refusal, 'code'> & {
  // Any string, with completion of the known codes.
  readonly code: RefusalCode | (string & {})
}

/**
 * Returns the refusal of the server, or undefined without one: then no answer was understood and
 * the attempt is unknown, not failed. Checks the shape of the error, not its class, so it also reads
 * errors of another copy of tRPC.
 */
export function refusalOf(error: unknown): ReceivedRefusal | undefined {
  const refusal: unknown = Object(Object(error).data).refusal
  if (!hasMembers(refusal, { code: 'string', retry: 'string' })) return undefined
  const { code, retry } = refusal
  return isAdvice(retry) ? { code, retry, ...readableMembers(refusal) } : undefined
}

type Details = Omit<Refusal, 'code' | 'retry'>

/**
 * Only the code and the advice must be readable. A member that a newer server writes differently is
 * dropped: its advice must still be followed, or an old page would repeat a refused intent for ever.
 */
function readableMembers(refusal: object): Details {
  const members = Object.entries(refusal).filter(
    ([name, value]) => Object.hasOwn(readable, name) && readable[name as keyof Details](value),
  )
  // Each member was checked by the line of the table with its name.
  return Object.fromEntries(members) as Details
}

const readable: Record<keyof Details, (value: unknown) => boolean> = {
  retryAfterMs: (value) => typeof value === 'number',
  current: isTodo,
  deleted: (value) => value === true,
  paths: (value) => Array.isArray(value) && value.every((path) => typeof path === 'string'),
  serverTime: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  correlationId: (value) => typeof value === 'string',
}

function isAdvice(retry: string): retry is RetryAdvice {
  return Object.hasOwn(advice, retry)
}

const advice: Record<RetryAdvice, true> = {
  same_key: true,
  new_key: true,
  never: true,
  ask_person: true,
}
