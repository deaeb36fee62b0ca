import { expect, test } from 'vitest'
import { retryAfter } from './retry-after.ts'

test.each([
  ['3', 3_000],
  ['0.5', 500],
  ['0', undefined],
  ['-1', undefined],
  ['soon', undefined],
  ['', undefined],
  ['Wed, 21 Oct 2015 07:28:00 GMT', undefined],
])('Retry-After: %s', (value, ms) => {
  expect(retryAfter(value)).toBe(ms)
})

test('Retry-After may be a date', () => {
  const ms = retryAfter(new Date(Date.now() + 60_000).toUTCString())
  expect(ms).toBeGreaterThan(55_000)
  expect(ms).toBeLessThanOrEqual(60_000)
})

test('without the header there is no time', () => {
  expect(retryAfter(null)).toBeUndefined()
})
