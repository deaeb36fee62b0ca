import { expect, test } from 'vitest'
import { waitAfterFailure } from './wait-after-failure.ts'

const refused = (retryAfterMs: number) => ({
  data: { refusal: { code: 'unavailable', retry: 'same_key', retryAfterMs } },
})

test('without an answer the second attempt follows soon, and later ones less often', () => {
  expect([1, 2, 9].map((failures) => waitAfterFailure(new Error('no network'), failures))).toEqual([
    1_000, 10_000, 10_000,
  ])
})

test('a server that asks to wait is asked again when it said', () => {
  expect([1, 2].map((failures) => waitAfterFailure(refused(2_500), failures))).toEqual([
    2_500, 2_500,
  ])
})

test('a wait that makes no sense is bounded', () => {
  expect(waitAfterFailure(refused(-1), 1)).toBe(1_000)
  expect(waitAfterFailure(refused(0), 1)).toBe(1_000)
  expect(waitAfterFailure(refused(1e12), 1)).toBe(60_000)
})
