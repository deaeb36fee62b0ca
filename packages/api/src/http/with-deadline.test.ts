import type { RefusalError } from '@idem/contract/refusal'
import { afterEach, expect, test, vi } from 'vitest'
import { withDeadline } from './with-deadline.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a call that takes longer than 10 s is refused, with any later result', async () => {
  vi.useFakeTimers()
  const call = Promise.withResolvers<string>()
  const ended = vi.fn()
  const refused = withDeadline(() => call.promise, { isRepeatable: true }).catch(ended)
  await vi.advanceTimersByTimeAsync(9_999)
  expect(ended).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await refused
  call.reject(new Error('failed later'))
  await vi.runAllTimersAsync()
  expect(ended).toHaveBeenCalledOnce()
})

test.for([
  [{ isRepeatable: true }, 'same_key'],
  [{ isRepeatable: false }, 'ask_person'],
] as const)('a late call with %o advises %s', async ([call, retry]) => {
  vi.useFakeTimers()
  const refused = withDeadline(() => new Promise<never>(() => {}), call).catch(
    ({ refusal }: RefusalError) => refusal,
  )
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await refused).toEqual({ code: 'unavailable', retry, retryAfterMs: 1_000 })
})

test.for<[ending: string, call: () => Promise<string>]>([
  ['succeeds', async () => 'done'],
  ['fails', () => Promise.reject(new Error('failed'))],
  [
    'throws before it returns a promise',
    () => {
      throw new Error('thrown')
    },
  ],
])('a call that %s leaves no timer behind', async ([, call]) => {
  vi.useFakeTimers()
  await withDeadline(call, { isRepeatable: true }).catch(() => undefined)
  expect(vi.getTimerCount()).toBe(0)
})
