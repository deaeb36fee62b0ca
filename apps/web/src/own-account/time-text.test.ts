import { expect, test } from 'vitest'
import { daysUntil, timeText } from './time-text.ts'

const now = new Date(2026, 11, 2, 0, 5)

test('a time is told by its day, as a person here counts days', () => {
  const text = (...parts: [number, number, number, number, number]) =>
    timeText(new Date(...parts).toISOString(), now)
  expect(text(2026, 11, 2, 0, 4)).toBe('today at 00:04')
  expect(text(2026, 11, 1, 23, 59)).toBe('yesterday at 23:59')
  expect(text(2026, 10, 30, 23, 59)).toBe('30 Nov 2026')
})

test('a key that expires soon never seems to have longer', () => {
  const text = (ms: number) => daysUntil(new Date(now.getTime() + ms).toISOString(), now)
  expect(text(90 * 86_400_000 - 5_000)).toBe('in 90 days')
  expect(text(3_600_000)).toBe('within a day')
})
