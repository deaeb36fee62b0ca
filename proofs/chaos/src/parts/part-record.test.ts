import { expect, test } from 'vitest'
import { examplePart } from './example-part.ts'
import { killsAndStops, shareFaulted } from './part-record.ts'

test('a delayed or sliced response is no fault, and a killed backend is no killed database', () => {
  const parts = [examplePart(), examplePart({ requests: 6_000 })]
  expect(shareFaulted(parts)).toBe(200 / 8_000)
  expect(killsAndStops(parts)).toBe(6)
})
