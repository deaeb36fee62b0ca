import { expect, test } from 'vitest'
import { backoff } from './backoff.ts'

const most = () => 1
const least = () => 0

test('waits up to 0.5 s, doubling to at most 60 s', () => {
  const ceilings = [1, 2, 3, 7, 8, 9, 1_000_000].map((attempts) => backoff(attempts, most))
  expect(ceilings).toEqual([500, 1_000, 2_000, 32_000, 60_000, 60_000, 60_000])
})

test('spreads over the whole wait, so that clients do not come back together', () => {
  expect(backoff(8, least)).toBe(0)
  expect(backoff(8, () => 0.5)).toBe(30_000)
})

test('never comes back before the time the server asked for', () => {
  expect(backoff(1, least, 8_000)).toBe(8_000)
  expect(backoff(1, most, 8_000)).toBe(8_500)
  expect(backoff(8, most, 8_000)).toBe(60_000)
})
