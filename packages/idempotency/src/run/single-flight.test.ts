import { keptMegabytes } from '@idem/test-support/kept-memory'
import { expect, test } from 'vitest'
import { createSingleFlight } from './single-flight.ts'

test('an attempt that has ended is freed by the next collection of new objects', async () => {
  const singleFlight = createSingleFlight()
  const kept = await keptMegabytes((at, input) =>
    singleFlight(
      { owner: 'ann', key: `k${at}`, operation: 'make', input, fingerprint: '' },
      async () => {
        await new Promise(setImmediate)
        return { kind: 'answer', text: '', replayed: false }
      },
    ),
  )
  expect(kept).toBeLessThan(5)
})
