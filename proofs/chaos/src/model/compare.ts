import { isDeepStrictEqual } from 'node:util'
import type { Api, Call, Received } from './call.ts'
import type { Expected } from './model.ts'
import { type Refusal, statusOf } from './refusals.ts'

/** Throws unless the response is the expected one, in the form of this API. */
export function compare(call: Call, api: Api, received: Received, is: Expected): void {
  const asRest = api === 'rest'
  same(
    { ...received, lifetime: undefined },
    {
      status: statusFor(call, api, is),
      refused: is.kind === 'refusal',
      text: saysNothing(call, api, is) ? undefined : JSON.stringify(is.value),
      replayed: asRest && is.replayed,
      etag: asRest && isTodo(is) ? `"${is.value.version}"` : undefined,
      location: isMade(call, api, is) && isTodo(is) ? `/todos/${is.value.id}` : undefined,
      lifetime: undefined,
    },
  )
}

export function same(is: unknown, expected: unknown): void {
  if (isDeepStrictEqual(is, expected)) return
  const [one, other] = [is, expected].map((value) => JSON.stringify(value, null, 1))
  throw new Error(`Expected\n${other}\nreceived\n${one}`)
}

function statusFor(call: Call, api: Api, is: Expected): number {
  // The model refuses only with codes of the table.
  if (is.kind === 'refusal') return statusOf(api, is.value as Refusal)
  if (isMade(call, api, is)) return 201
  return saysNothing(call, api, is) ? 204 : 200
}

function isMade({ operation }: Call, api: Api, { kind }: Expected): boolean {
  return api === 'rest' && operation === 'createTodo' && kind === 'answer'
}

function saysNothing({ operation }: Call, api: Api, { kind }: Expected): boolean {
  return api === 'rest' && operation === 'deleteTodo' && kind === 'answer'
}

function isTodo(is: Expected): is is Expected & { value: { id: string; version: number } } {
  return is.kind === 'answer' && 'version' in Object(is.value)
}
