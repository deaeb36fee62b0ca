import { v4, v7 } from 'uuid'
import { expect, test } from 'vitest'
import { mintedAt } from './intent.ts'

test('a UUIDv7 contains its time to the millisecond, in either case', () => {
  const key = v7({ msecs: 1_790_000_000_123 })
  expect(mintedAt(key)?.getTime()).toBe(1_790_000_000_123)
  expect(mintedAt(key.toUpperCase())?.getTime()).toBe(1_790_000_000_123)
})

test.for(['abc-123', v4(), `${v7()}x`, `{${v7()}}`, ''])('%s is opaque', (key) => {
  expect(mintedAt(key)).toBeNull()
})
