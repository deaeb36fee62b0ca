import { expect, test } from 'vitest'
import { examplePart } from './example-part.ts'
import { progressLine } from './progress-line.ts'

test('the progress of a run has its part, speed, faults and the time left for all parts', () => {
  const { faults } = examplePart()
  const progress = { part: 39, parts: 40, attempts: 25_000, sent: 7_000, elapsedMs: 20_000, faults }
  expect(progressLine(progress)).toBe(
    'part 39 of 40: 7,000 of 25,000 attempts, 350 a second, 4 faults, 3 kills, about 3 min left',
  )
  expect(progressLine({ ...progress, sent: 0 })).toContain('time left unknown')
})
