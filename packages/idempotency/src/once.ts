import type { Attempt, Outcome } from './attempt.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createFlights } from './flights.ts'
import { createGroup, type GroupSettings } from './group.ts'
import { type OnceSettings, runOnce, type Work } from './run-once.ts'

export type { OnceSettings } from './run-once.ts'

export type Call<Tx> = Work<Tx> & { readonly attempt: Attempt }

export type GroupedCall<Tx, Draft> = {
  readonly attempt: Attempt
  readonly draft: Draft
  /** The same effect for one attempt, for what a group leaves out. */
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
  readonly onceInGroups: <Draft>(
    settings: GroupSettings<Draft>,
  ) => (call: GroupedCall<Tx, Draft>) => Promise<Outcome>
}

/** Everything that happens once in this process goes through one of these, so that twins meet here and not in the pool. */
export function createOnce<Tx>(settings: OnceSettings<Tx>): Once<Tx> {
  const fly = createFlights()

  return {
    once({ attempt, effect, answer }) {
      const claim = withFingerprint(attempt)
      return fly(claim, () => runOnce(settings, claim, { effect, answer }))
    },

    onceInGroups(group) {
      const join = createGroup(group)
      return ({ attempt, draft, effect }) => {
        const claim = withFingerprint(attempt)
        return fly(claim, async () => {
          const outcome = await join(claim, draft)
          if (outcome !== 'left_out') return outcome
          return runOnce(settings, claim, { effect, answer: group.answer })
        })
      }
    },
  }
}

function withFingerprint(attempt: Attempt) {
  return { ...attempt, fingerprint: fingerprintOf(attempt.operation, attempt.input) }
}
