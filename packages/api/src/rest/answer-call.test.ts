import type { IncomingMessage } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import type { Context } from '../http/call.ts'
import { answerCall } from './answer-call.ts'
import { mutation } from './endpoint.ts'

afterEach(() => {
  vi.useRealTimers()
})

test.for([
  ['with a key it may be sent again', ['Idempotency-Key', 'k'], 'same_key'],
  ['without one a person has to look', [], 'ask_person'],
] as const)('a call that takes 10 s is refused: %s', async ([, rawHeaders, retry]) => {
  vi.useFakeTimers()
  const endless = { ...deleteTodo, run: () => new Promise<never>(() => {}) }
  const request = requestOf(rawHeaders)
  const answer = answerCall(settings, endless, { request, context, params: {} })
  await vi.advanceTimersByTimeAsync(10_000)
  const response = await answer
  expect(response.status).toBe(503)
  const { refusal } = JSON.parse(await response.text())
  expect(refusal).toMatchObject({ code: 'unavailable', retry })
})

const deleteTodo = mutation('deleteTodo', {
  method: 'delete',
  path: '/todos/{id}',
  summary: '',
  description: '',
  success: { status: 204, description: '' },
  refusals: [],
})

const settings = { requireKey: false, onUnexpected: () => {} }

// The endpoint above uses nothing else of the operations.
const context = {
  caller: { owner: 'local' },
  operations: { policy: () => ({ value: { keyRetentionHours: 24 } }) },
} as unknown as Context

function requestOf(rawHeaders: readonly string[]): IncomingMessage {
  return { rawHeaders, headers: {}, url: '/todos/99', socket: {} } as unknown as IncomingMessage
}
