import { validate, version } from 'uuid'
import { expect, test } from 'vitest'
import { mintId } from './mint-id.ts'

test('ids are UUIDv7 of now, all different, and rise in the order they were minted', () => {
  const ids = Array.from({ length: 20_000 }, mintId)
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
  const minted = Number.parseInt(String(ids.at(-1)).slice(0, 13).replace('-', ''), 16)
  expect(Math.abs(Date.now() - minted)).toBeLessThan(1_000)
})

test('the random part is never used twice', () => {
  const tails = Array.from({ length: 5_000 }, () => mintId().slice(-12))
  expect(new Set(tails).size).toBe(tails.length)
})
