import type { IncomingMessage } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import type { Context } from '../http/context.ts'
import { answerCall } from './answer-call.ts'
import { deleteTodo } from './endpoints/delete-todo.ts'

afterEach(() => {
  vi.useRealTimers()
})

test.for([
  ['with a key it may be sent again', ['Idempotency-Key', 'k'], 'same_key'],
  ['without one a person has to look', [], 'ask_person'],
] as const)('a call that takes 10 s is refused: %s', async ([, rawHeaders, retry]) => {
  vi.useFakeTimers()
  const endless = { ...deleteTodo, run: () => new Promise<never>(() => {}) }
  const answer = answerCall(settings, endless, { request: requestOf(rawHeaders), params: {} })
  await vi.advanceTimersByTimeAsync(10_000)
  const response = await answer
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  expect(JSON.parse(await response.text()).refusal).toEqual({
    code: 'unavailable',
    retry,
    retryAfterMs: 1_000,
  })
})

const settings = {
  // The endpoint above uses nothing else of the operations.
  contextOf: () =>
    ({ operations: { policy: () => ({ keyRetentionHours: 24 }) } }) as unknown as Context,
  requireKey: false,
  onUnexpected: () => {},
}

function requestOf(rawHeaders: readonly string[]): IncomingMessage {
  return { rawHeaders, headers: {}, url: '/todos/99', socket: {} } as unknown as IncomingMessage
}
