import { validate, version } from 'uuid'
import { expect, test } from 'vitest'
import { mintId } from './mint-id.ts'

test('ids are unique UUIDv7 of the current time, in minting order', () => {
  const ids = Array.from({ length: 20_000 }, mintId)
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
  const minted = Number.parseInt(String(ids.at(-1)).slice(0, 13).replace('-', ''), 16)
  expect(Math.abs(Date.now() - minted)).toBeLessThan(1_000)
})

test('random bytes are never used twice', () => {
  const tails = Array.from({ length: 5_000 }, () => mintId().slice(-12))
  expect(new Set(tails).size).toBe(tails.length)
})
