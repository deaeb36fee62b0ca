import type { Attempt, Outcome } from './attempt.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createFlights } from './flights.ts'
import { createGroup, type GroupSettings } from './group.ts'
import type { Claim } from './records.ts'
import { reportAttempts } from './report-attempts.ts'
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
  const fly = reportAttempts(createFlights(), settings.onAttempt)

  return {
    once({ attempt, ...work }) {
      const claim = claimOf(attempt)
      return fly(claim, () => runOnce(settings, claim, work))
    },

    onceInGroups(group) {
      const join = createGroup(group, settings.codeOf)
      return ({ attempt, draft, effect }) => {
        const claim = claimOf(attempt)
        return fly(claim, async () => {
          const outcome = await join(claim, draft)
          if (typeof outcome === 'object') return outcome
          const work = { effect, answer: group.answer }
          return runOnce(settings, claim, { ...work, doubtful: outcome === 'in_doubt' })
        })
      }
    },
  }
}

function claimOf(attempt: Attempt): Claim {
  return { ...attempt, fingerprint: fingerprintOf(attempt.operation, attempt.input), notes: {} }
}
