import { IdempotencyKey } from '@idem/contract/idempotency-key'
import { TodoId } from '@idem/contract/todo'
import { expect, test } from 'vitest'
import { mintId } from './mint-id.ts'
import { mintKey } from './mint-key.ts'
import { createServerClock } from './server-clock.ts'

const mintedAt = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)

test('a key is a UUIDv7 with the given time', () => {
  const key = mintKey(Date.parse('2026-11-24T10:00:00.000Z'))
  expect(IdempotencyKey.parse(key)).toBe(key)
  expect(TodoId.safeParse(key).success).toBe(true)
  expect(mintedAt(key)).toBe(Date.parse('2026-11-24T10:00:00.000Z'))
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

test('mintKey works outside secure contexts, without crypto.randomUUID', () => {
  const { randomUUID } = crypto
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true })
  expect(mintKey()).toMatch(/^[0-9a-f-]{36}$/)
  Object.defineProperty(crypto, 'randomUUID', { value: randomUUID, configurable: true })
})

test("the server's time corrects a wrong device clock", () => {
  const device = Date.parse('2020-01-01T00:00:01.000Z')
  const clock = createServerClock(() => device)
  expect(clock.now()).toBe(device)

  // The question left 1 s ago, so the answer is about half a second old.
  clock.learn('2026-11-24T10:00:00.000Z', device - 1_000)
  expect(clock.now()).toBe(Date.parse('2026-11-24T10:00:00.500Z'))

  clock.learn('2026-11-24T11:00:00.000Z')
  expect(clock.now()).toBe(Date.parse('2026-11-24T11:00:00.000Z'))
  clock.learn('not a time')
  expect(clock.now()).toBe(Date.parse('2026-11-24T11:00:00.000Z'))
})
