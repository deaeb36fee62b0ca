import { validate, version } from 'uuid'
import { afterEach, expect, test, vi } from 'vitest'
import { mintId } from './mint-id.ts'

afterEach(() => vi.restoreAllMocks())

function mintedMs(id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
}

test('ids are unique UUIDv7 of the current time, in minting order', () => {
  const ids = Array.from({ length: 20_000 }, mintId)
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
  expect(Math.abs(Date.now() - mintedMs(String(ids.at(-1))))).toBeLessThan(1_000)
})

test('random bytes are never used twice', () => {
  const tails = Array.from({ length: 5_000 }, () => mintId().slice(-12))
  expect(new Set(tails).size).toBe(tails.length)
})

test('a clock that was wrong once dates no later id ahead, and one that is a little behind keeps the order', () => {
  const clock = vi.spyOn(Date, 'now')
  const at = (ms: number) => {
    clock.mockReturnValue(ms)
    return mintId()
  }
  const now = Date.UTC(2026, 0, 2)
  expect(mintedMs(at(now + 3_600_000))).toBe(now + 3_600_000)
  const back = at(now)
  expect(mintedMs(back)).toBe(now)
  expect(at(now - 50_000) > back).toBe(true)
})
