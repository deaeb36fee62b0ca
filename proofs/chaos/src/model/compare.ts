import { isDeepStrictEqual } from 'node:util'
import type { Call, Face, Told } from './call.ts'
import type { Expected } from './model.ts'
import { type Refusal, statusOf } from './refusals.ts'

/** Throws unless what was told is what is expected, told as this face tells it. */
export function compare(call: Call, face: Face, told: Told, is: Expected): void {
  const asRest = face === 'rest'
  same(
    { ...told, lifetime: undefined },
    {
      status: statusFor(call, face, is),
      refused: is.kind === 'refusal',
      text: saysNothing(call, face, is) ? undefined : JSON.stringify(is.value),
      replayed: asRest && is.replayed,
      etag: asRest && isTodo(is) ? `"${is.value.version}"` : undefined,
      location: isMade(call, face, is) && isTodo(is) ? `/todos/${is.value.id}` : undefined,
      lifetime: undefined,
    },
  )
}

export function same(is: unknown, expected: unknown): void {
  if (isDeepStrictEqual(is, expected)) return
  const [one, other] = [is, expected].map((value) => JSON.stringify(value, null, 1))
  throw new Error(`Expected was\n${other}\nbut it is\n${one}`)
}

function statusFor(call: Call, face: Face, is: Expected): number {
  // The model refuses by the table and in no other way.
  if (is.kind === 'refusal') return statusOf(face, is.value as Refusal)
  if (isMade(call, face, is)) return 201
  return saysNothing(call, face, is) ? 204 : 200
}

function isMade({ operation }: Call, face: Face, { kind }: Expected): boolean {
  return face === 'rest' && operation === 'createTodo' && kind === 'answer'
}

function saysNothing({ operation }: Call, face: Face, { kind }: Expected): boolean {
  return face === 'rest' && operation === 'deleteTodo' && kind === 'answer'
}

function isTodo(is: Expected): is is Expected & { value: { id: string; version: number } } {
  return is.kind === 'answer' && 'version' in Object(is.value)
}
