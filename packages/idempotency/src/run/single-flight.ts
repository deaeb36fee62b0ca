import { pairOf } from '../batch/recent-names.ts'
import type { Outcome } from '../records/outcome.ts'
import type { Claim } from '../records/records.ts'
import { record, waited } from '../reporting/attempt-telemetry.ts'

/** Runs an attempt, or shares the one with the same key that is in progress. */
export type SingleFlight = (claim: Claim, run: () => Promise<Outcome>) => Promise<Outcome>

type InFlight = { readonly claim: Claim; readonly outcome: Promise<Outcome> }

/**
 * One attempt at a time per key in this process. A thousand attempts with one
 * key would otherwise take every connection of the pool, each to wait for the
 * first. The same intent shares the first one's outcome; anything else under
 * that key waits until that one has ended and then goes by itself.
 */
export function createSingleFlight(): SingleFlight {
  const inFlight = new Map<string, InFlight>()

  return async function singleFlight(claim, run) {
    const name = pairOf(claim.owner, claim.key)
    for (let ahead = inFlight.get(name); ahead !== undefined; ahead = inFlight.get(name)) {
      if (sameIntent(ahead.claim, claim)) return shared(ahead, claim)
      await waited(
        claim,
        ahead.outcome.catch(() => undefined),
      )
    }
    const outcome = run().finally(() => inFlight.delete(name))
    inFlight.set(name, { claim, outcome })
    return outcome
  }
}

/** As old as what the first got, if that was a replay itself. */
async function shared({ claim: first, outcome }: InFlight, claim: Claim): Promise<Outcome> {
  record(claim, { isDuplicate: true })
  const replayed = await waited(claim, outcome)
  record(claim, { replayAgeMs: first.telemetry?.replayAgeMs })
  return { ...replayed, replayed: true }
}

function sameIntent(one: Claim, other: Claim): boolean {
  return (
    one.operation === other.operation && Buffer.compare(one.fingerprint, other.fingerprint) === 0
  )
}
