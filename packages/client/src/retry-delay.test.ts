import { afterEach, expect, test, vi } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const refused = (refusal: object) => ({ data: { refusal } })
const overloaded = (retryAfterMs: number) =>
  refused({ code: 'unavailable', retry: 'same_key', retryAfterMs })

test('a call without an answer is repeated after up to 0.5 s, doubling to 60 s', () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const waits = [1, 2, 3, 8, 1_000].map((attempts) => retryDelayMs(new Error('lost'), attempts))
  expect(waits).toEqual([500, 1_000, 2_000, 60_000, 60_000])
})

test('a refused call is never repeated before the time that the server asked for', () => {
  const waits = Array.from({ length: 200 }, () => Number(retryDelayMs(overloaded(3_000), 1)))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(3_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(3_500)
})

test('calls that were refused together are not repeated together', () => {
  const waits = Array.from({ length: 200 }, () => Number(retryDelayMs(overloaded(1_000), 1)))
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(250)
})

test.each(['new_key', 'never', 'ask_person'])('the advice %s ends the repetition', (retry) => {
  expect(retryDelayMs(refused({ code: 'key_reused', retry }), 1)).toBeUndefined()
})
