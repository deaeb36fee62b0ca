import { dropped, isAbandoned } from '../run/callers.ts'
import type { Member } from './batch-member.ts'
import { pairOf } from './recent-names.ts'

/** More than this and the statement's own time is felt by the first in the batch. */
const mostInBatch = 128

/** How many are looked at for one batch: beyond it a queue of members that all share an id would cost more than it waits. */
const mostScanned = 8 * mostInBatch

/**
 * Members that wait for a batch. Those that are on their way share neither key
 * nor identity: two rows of one id would fail the batch of the second, and of
 * one key both would be made by its one claim.
 */
export function createWaitingMembers<Draft>() {
  let waiting: Member<Draft>[] = []
  const keys = new Set<string>()
  const identities = new Set<string>()

  return {
    get length() {
      return waiting.length
    },

    add(member: Member<Draft>): void {
      waiting.push(member)
    },

    /** At most a batch. Those that share a name with one on its way stay, ahead of all that come later. */
    take(): Member<Draft>[] {
      waiting = waiting.filter(isWanted)
      const batch: Member<Draft>[] = []
      const staying: Member<Draft>[] = []
      let scanned = 0
      for (const member of waiting) {
        if (batch.length === mostInBatch || scanned === mostScanned) break
        scanned += 1
        const { key, identity } = namesOf(member)
        if (keys.has(key) || identities.has(identity)) {
          staying.push(member)
          continue
        }
        keys.add(key)
        if (identity !== '') identities.add(identity)
        batch.push(member)
      }
      waiting.splice(0, scanned, ...staying)
      return batch
    },

    /** The batch has ended: what it names exists now, or is free. */
    ended(batch: readonly Member<Draft>[]): void {
      for (const member of batch) {
        const { key, identity } = namesOf(member)
        keys.delete(key)
        identities.delete(identity)
      }
    },
  }
}

/** Fails a member for which nobody waits any more: its statement would be work for nobody. */
function isWanted<Draft>({ claim, fail }: Member<Draft>): boolean {
  if (!isAbandoned(claim)) return true
  fail(dropped())
  return false
}

/** The identity is empty for a member without one. */
function namesOf<Draft>({ claim: { owner, key }, prepared: { identity } }: Member<Draft>) {
  return {
    key: pairOf(owner, key),
    identity: identity === undefined ? '' : pairOf(owner, identity),
  }
}
