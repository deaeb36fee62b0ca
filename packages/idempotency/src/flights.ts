import type { Outcome } from './attempt.ts'
import { note, waited } from './attempt-notes.ts'
import type { Claim } from './records.ts'

type Flight = { readonly claim: Claim; readonly landing: Promise<Outcome> }

/**
 * One attempt at a time per key in this process. A thousand attempts with one
 * key would otherwise take every connection of the pool, each to wait for the
 * first. The same intent shares the first one's flight and its outcome;
 * anything else under that key waits for it to land and then goes by itself.
 */
export function createFlights(): (claim: Claim, run: () => Promise<Outcome>) => Promise<Outcome> {
  const flights = new Map<string, Flight>()

  return async function fly(claim, run) {
    // NUL cannot be part of a key, so no two pairs share a name.
    const name = `${claim.owner}\0${claim.key}`
    for (let ahead = flights.get(name); ahead !== undefined; ahead = flights.get(name)) {
      if (sameIntent(ahead.claim, claim)) return shared(ahead, claim)
      await waited(
        claim,
        ahead.landing.catch(() => undefined),
      )
    }
    const landing = run().finally(() => flights.delete(name))
    flights.set(name, { claim, landing })
    return landing
  }
}

/** As old as what the first was told, if that was a replay itself. */
async function shared({ claim: first, landing }: Flight, claim: Claim): Promise<Outcome> {
  note(claim, { isTwin: true })
  const outcome = await waited(claim, landing)
  note(claim, { replayAgeMs: first.notes?.replayAgeMs })
  return { ...outcome, replayed: true }
}

function sameIntent(one: Claim, other: Claim): boolean {
  return (
    one.operation === other.operation && Buffer.compare(one.fingerprint, other.fingerprint) === 0
  )
}
