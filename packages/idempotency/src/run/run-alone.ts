import { IdempotencyError } from '../idempotency-error.ts'
import type { Claim, Outcome } from '../records/claim.ts'
import { type RunSettings, run, type Work } from './run.ts'
import type { HeldKeys } from './single-flight.ts'

/** Connections of a pool of ten: each of these may wait for 1.5 s, and the rest serves all others. */
const mostWaitForHeld = 3

/**
 * An attempt runs alone, in a transaction of its own (`run`), when it has no batch
 * or when its batch ended without an outcome for it. Attempts under keys that were
 * held a moment ago may wait on only a few connections.
 */
export function createRunAlone<Tx>(settings: RunSettings<Tx>, held: HeldKeys) {
  let waitForHeld = 0

  /** A few attempts wait for the key; more are refused at once, with the advice they would get after the wait. */
  async function runHeld(claim: Claim, work: Work<Tx>): Promise<Outcome> {
    if (waitForHeld >= mostWaitForHeld) throw new IdempotencyError('in_flight')
    waitForHeld += 1
    try {
      return await runAndRemember(claim, work)
    } finally {
      waitForHeld -= 1
    }
  }

  /** Only a wait that timed out proves that the key is held: a refusal without a wait must not renew the memory. */
  async function runAndRemember(claim: Claim, work: Work<Tx>): Promise<Outcome> {
    try {
      return await run(settings, claim, work)
    } catch (error) {
      const isHeld = error instanceof IdempotencyError && error.code === 'in_flight'
      if (isHeld) held.add(claim)
      throw error
    }
  }

  return function runAlone(claim: Claim, work: Work<Tx>): Promise<Outcome> {
    // After an ambiguous commit the key is claimed in any case: a refusal would leave the outcome unknown.
    const isHeld = work.ambiguous !== true && held.has(claim)
    return isHeld ? runHeld(claim, work) : runAndRemember(claim, work)
  }
}
