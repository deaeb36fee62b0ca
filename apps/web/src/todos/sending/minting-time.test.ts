import { expect, test } from 'vitest'
import { mintingTime } from './minting-time.ts'

function memory() {
  const kept = new Map<string, string>()
  const getItem = (name: string) => kept.get(name) ?? null
  return () => ({ getItem, setItem: (name: string, value: string) => void kept.set(name, value) })
}

test('two tabs mint increasing times, even with a slow clock in one tab and within one millisecond', () => {
  const browser = memory()
  const times = [5_000, 4_900, 5_000.5, 5_001, 5_001].map((now) => mintingTime(now, browser))
  expect(times).toEqual([5_000, 5_001, 5_002, 5_003, 5_004])
})

test('a corrected clock is followed even if it was far ahead', () => {
  const browser = memory()
  mintingTime(10_000_000, browser)
  expect(mintingTime(5_000, browser)).toBe(5_000)
})

test('without storage the clock alone is used', () => {
  const blocked = () => {
    throw new DOMException('denied', 'SecurityError')
  }
  expect(mintingTime(5_000, blocked)).toBe(5_000)
})
