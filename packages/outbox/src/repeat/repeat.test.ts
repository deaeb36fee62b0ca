import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Ended, repeat } from './repeat.ts'

const signal = new AbortController().signal
type Answer = { readonly text: string }
const answered = (text: string): Ended<Answer> => ({ result: { text } })
const noAnswer = { error: new Error('the last error'), again: {} }
const failure = { ...noAnswer, again: { isFailure: true } }

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** Makes scripted attempts, and records the time at which each began. */
function calling(attempts: readonly Ended<Answer>[], { signal }: { signal: AbortSignal }) {
  const began: number[] = []
  const start = Date.now()
  const result = repeat(
    async () => {
      began.push(Date.now() - start)
      return attempts[began.length - 1] ?? answered('at last')
    },
    { key: 'key', signal },
  )
  // It is awaited later, when the time has passed.
  result.catch(() => undefined)
  return { began, result }
}

test('an attempt without an answer is repeated without a limit, with back-off', async () => {
  const { began, result } = calling(Array(50).fill(noAnswer), { signal })
  await vi.runAllTimersAsync()
  expect(await result).toEqual({ text: 'at last' })
  expect(began).toHaveLength(51)
  const pauses = began
    .slice(1)
    .map((at, index) => Math.ceil((at - (began[index] ?? 0)) / 500) * 500)
  expect(pauses.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000])
  expect(Math.max(...pauses)).toBe(60_000)
})

test('after three failures the caller gets the last one', async () => {
  const { began, result } = calling([failure, noAnswer, failure, noAnswer, failure], { signal })
  await vi.runAllTimersAsync()
  await expect(result).rejects.toThrow('the last error')
  expect(began).toHaveLength(5)
})

test('no attempt begins before the time that the server named', async () => {
  const busy = { ...noAnswer, again: { retryAfterMs: 7_000 } }
  const { began, result } = calling([busy], { signal })
  await vi.runAllTimersAsync()
  expect(await result).toEqual({ text: 'at last' })
  expect(began[1]).toBeGreaterThanOrEqual(7_000)
})

test('an abort during a pause rejects with its reason, and nothing is sent again', async () => {
  const aborting = new AbortController()
  const { began, result } = calling([noAnswer], { signal: aborting.signal })
  await vi.advanceTimersByTimeAsync(100)
  aborting.abort(new Error('The person left.'))
  await expect(result).rejects.toThrow('The person left.')
  await vi.runAllTimersAsync()
  expect(began).toEqual([0])
})

test('an attempt that takes too long is aborted and repeated', async () => {
  let attempts = 0
  const result = repeat<Answer>(
    (attempting) => {
      attempts += 1
      if (attempts === 2) return Promise.resolve(answered('in time'))
      return new Promise((resolve) => attempting.addEventListener('abort', () => resolve(noAnswer)))
    },
    { key: 'key', signal, attemptTimeoutMs: 5_000 },
  )
  await vi.advanceTimersByTimeAsync(4_999)
  expect(attempts).toBe(1)
  await vi.runAllTimersAsync()
  expect(await result).toEqual({ text: 'in time' })
})

test('after an answer its signal is not aborted any more', async () => {
  const signals: AbortSignal[] = []
  await repeat(
    async (attempting) => {
      signals.push(attempting)
      return answered('yes')
    },
    { key: 'key', signal },
  )
  await vi.advanceTimersByTimeAsync(100_000)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
})

test.each([
  ['ends a pause', undefined, 2],
  ['does not end a pause that the server named', 400, 1],
])('a network that is back %s', async (_, retryAfterMs, attempts) => {
  vi.stubGlobal('window', new EventTarget())
  const { began } = calling([{ ...noAnswer, again: { retryAfterMs } }], { signal })
  await vi.advanceTimersByTimeAsync(100)
  window.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(100)
  expect(began).toHaveLength(attempts)
})
