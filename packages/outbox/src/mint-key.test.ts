import { expect, test } from 'vitest'
import { mintKey } from './mint-key.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('a minted key is a UUIDv7 of the given time, and no two are equal', () => {
  const now = Date.parse('2026-01-02T03:04:05.678Z')
  const keys = Array.from({ length: 1_000 }, () => mintKey(now + 0.5))
  for (const key of keys) {
    expect(key).toMatch(uuidV7)
    expect(Number.parseInt(key.replace('-', '').slice(0, 12), 16)).toBe(now)
  }
  expect(new Set(keys)).toHaveLength(1_000)
})
