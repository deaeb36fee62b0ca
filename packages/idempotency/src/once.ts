import type { Attempt, Outcome } from './attempt.ts'
import { createBatch } from './batch.ts'
import type { BatchSettings } from './batch-settings.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createFlights } from './flights.ts'
import { OnceError } from './once-error.ts'
import { RecentNames } from './recent-names.ts'
import type { Claim } from './records.ts'
import { reportAttempts } from './report-attempts.ts'
import { type OnceSettings, runOnce, type Work } from './run-once.ts'

export type { OnceSettings } from './run-once.ts'

export type Call<Tx> = Work<Tx> & { readonly attempt: Attempt }

export type BatchedCall<Tx, Draft> = {
  readonly attempt: Attempt
  readonly draft: Draft
  /** The same effect for one attempt, for what a batch leaves out. */
  readonly effect: (tx: Tx) => Promise<unknown>
}

export type Once<Tx> = {
  /**
   * Does the work of one intent once and answers every attempt alike.
   *
   * Rejects with a `OnceError` when nothing was changed and no answer can be
   * given, or with whatever the effect threw, rolled back.
   */
  readonly once: (call: Call<Tx>) => Promise<Outcome>
  /** The same promise for a hot operation: concurrent attempts share one commit. */
  readonly onceBatched: <Draft>(
    settings: BatchSettings<Draft>,
  ) => (call: BatchedCall<Tx, Draft>) => Promise<Outcome>
}

/**
 * A key that was held is likely to be held again when its client comes back,
 * which it does a second later, and again after that. When it is free by then
 * nothing is lost but the batch.
 */
const heldKeys = { most: 1_000, keptMs: 10_000 }

/** Of the ten connections of a pool: each of these may wait for 1.5 s, and the rest serves everybody else. */
const mostWaitForHeld = 3

/** Everything that happens once in this process goes through one of these, so that duplicates meet here and not in the pool. */
export function createOnce<Tx>(settings: OnceSettings<Tx>): Once<Tx> {
  const fly = reportAttempts(createFlights(), settings.onAttempt)
  const held = new RecentNames(heldKeys)
  let waitForHeld = 0

  /** A few wait for the key, as they would in the general form; others are refused at once, with the same advice. */
  async function runHeld(claim: Claim, work: Work<Tx>): Promise<Outcome> {
    if (waitForHeld >= mostWaitForHeld) throw new OnceError('in_flight')
    waitForHeld += 1
    try {
      return await runAndRemember(claim, work)
    } finally {
      waitForHeld -= 1
    }
  }

  /** An attempt that waited in vain is the evidence: a refusal without a wait must not renew the memory. */
  async function runAndRemember(claim: Claim, work: Work<Tx>): Promise<Outcome> {
    try {
      return await runOnce(settings, claim, work)
    } catch (error) {
      const isHeld = error instanceof OnceError && error.code === 'in_flight'
      if (isHeld) held.add(claim.owner, claim.key)
      throw error
    }
  }

  function runAlone(claim: Claim, work: Work<Tx>): Promise<Outcome> {
    // After an ambiguous commit the key is claimed in any case: a refusal would leave the doubt.
    const isHeld = work.doubtful !== true && held.has(claim.owner, claim.key)
    return isHeld ? runHeld(claim, work) : runAndRemember(claim, work)
  }

  return {
    once({ attempt, ...work }) {
      const claim = claimOf(attempt)
      return fly(claim, () => runAlone(claim, work))
    },

    onceBatched(batch) {
      const join = createBatch(batch, { codeOf: settings.codeOf, held })
      return ({ attempt, draft, effect }) => {
        const claim = claimOf(attempt)
        return fly(claim, async () => {
          const outcome = await join(claim, draft)
          if (typeof outcome === 'object') return outcome
          const work = { effect, answer: batch.answer }
          return runAlone(claim, { ...work, doubtful: outcome === 'ambiguous' })
        })
      }
    },
  }
}

function claimOf(attempt: Attempt): Claim {
  return { ...attempt, fingerprint: fingerprintOf(attempt.operation, attempt.input), notes: {} }
}
