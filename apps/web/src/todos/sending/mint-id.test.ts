import { TodoId } from '@idem/contract/todo'
import { expect, test } from 'vitest'
import { mintId } from './mint-id.ts'

const mintedAt = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)

test('an id is a UUIDv7 with the given time', () => {
  const id = mintId(1_690_000_000_000.5)
  expect(TodoId.safeParse(id).success).toBe(true)
  expect(mintedAt(id)).toBe(1_690_000_000_000)
})

test('ids are unique and monotonic, even within a millisecond', () => {
  const ids = Array.from({ length: 1_000 }, () => mintId(1_700_000_000_000))
  expect(new Set(ids)).toHaveLength(1_000)
  expect(ids.toSorted()).toEqual(ids)
})

test('ids are monotonic on a clock with fractions of a millisecond', () => {
  const ids = Array.from({ length: 200 }, (_, at) => mintId(1_710_000_000_000 + at / 200))
  expect(ids.toSorted()).toEqual(ids)
})

test('ids are monotonic when a refreshed clock steps back a little', () => {
  const ids = [0, -40, -39, 1, -59_000].map((step) => mintId(1_720_000_000_000 + step))
  expect(ids.toSorted()).toEqual(ids)
})

test('a corrected clock is followed, even to an earlier time', () => {
  mintId(2_000_000_000_000)
  expect(mintedAt(mintId(1_700_000_000_000))).toBe(1_700_000_000_000)
})
