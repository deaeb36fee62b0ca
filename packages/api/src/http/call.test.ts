import type { IncomingMessage } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { RequestSignal, withDeadline } from './call.ts'

afterEach(() => {
  vi.useRealTimers()
})

const requestOn = (socket: { destroyed: boolean }) => ({ socket }) as unknown as IncomingMessage

test('a request is waited for until its connection is closed', () => {
  const socket = { destroyed: false }
  const signal = new RequestSignal(requestOn(socket))
  expect(signal.aborted).toBe(false)
  socket.destroyed = true
  expect(signal.aborted).toBe(true)
})

test('a request is waited for until its deadline of 10 s', () => {
  vi.useFakeTimers()
  const signal = new RequestSignal(requestOn({ destroyed: false }))
  vi.advanceTimersByTime(9_999)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(2)
  expect(signal.aborted).toBe(true)
})

test.for([
  [{ keyless: false }, 'same_key'],
  [{ keyless: true }, 'ask_person'],
] as const)(
  'after 10 s a call with %o is refused, with any later result',
  async ([call, retry]) => {
    vi.useFakeTimers()
    const work = Promise.withResolvers<string>()
    const ended = vi.fn()
    const refused = withDeadline(call, () => work.promise).catch(ended)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await refused
    work.reject(new Error('failed later'))
    await vi.runAllTimersAsync()
    expect(ended.mock.calls).toMatchObject([[{ code: 'unavailable', retry }]])
  },
)

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
  await withDeadline({ keyless: false }, call).catch(() => undefined)
  expect(vi.getTimerCount()).toBe(0)
})
