import { keptMegabytes } from '@idem/test-support/kept-memory'
import { expect, test, vi } from 'vitest'
import type { Claim } from '../records/claim.ts'
import { createSingleFlight } from './single-flight.ts'

test('an attempt that has ended is freed by the next collection of new objects', async () => {
  const singleFlight = createSingleFlight(1_500)
  const kept = await keptMegabytes((at, refersTo) => {
    const claim = { owner: 'ann', key: `k${at}`, operation: 'make', fingerprint: '', refersTo }
    return singleFlight(claim, async () => {
      await new Promise(setImmediate)
      return { kind: 'answer', text: '', replayed: false }
    })
  })
  expect(kept).toBeLessThan(5)
})

test('a duplicate waits for waitMs from the claim of the first, and for as long as that has none', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const singleFlight = createSingleFlight(1_500)
    const claim = (): Claim => ({ owner: 'ann', key: 'k', operation: 'make', fingerprint: '' })
    const first = claim()
    void singleFlight(first, () => new Promise(() => {}))
    let end: unknown
    const duplicate = singleFlight(claim(), () => new Promise(() => {}))
    duplicate.catch((error: unknown) => {
      end = error
    })
    await vi.advanceTimersByTimeAsync(60_000)
    first.claimedAt = performance.now()
    await vi.advanceTimersByTimeAsync(1_499)
    expect(end).toBeUndefined()
    await vi.advanceTimersByTimeAsync(2)
    expect(end).toMatchObject({ code: 'in_flight' })
  } finally {
    vi.useRealTimers()
  }
})
