import { type Claim, dropped, isAbandoned, type Outcome, pairOf } from '../records/claim.ts'
import type { BatchRow, Unsettled } from './batch-settings.ts'

/** One attempt of a batch. */
export type Member<Draft> = {
  readonly claim: Claim
  readonly draft: Draft
  readonly row: BatchRow
  readonly names: MemberNames
  /** Stored if the statement executes the attempt. Undefined until it is decided. */
  readonly outcome: Outcome | undefined
  readonly settle: (outcome: Outcome | Unsettled) => void
  readonly fail: (error: unknown) => void
}

/** What no other member of a batch may have. */
export type MemberNames = {
  readonly key: string
  /** Empty for a member without one. */
  readonly identity: string
}

export function namesOf(claim: Claim, identity = ''): MemberNames {
  return { key: pairOf(claim), identity }
}

/** Fails a member that has no waiting caller any more: its statement would be wasted work. */
export function isWanted<Draft>({ claim, fail }: Member<Draft>): boolean {
  if (!isAbandoned(claim)) return true
  fail(dropped())
  return false
}

/** Larger batches would delay their first member noticeably by the time of the statement. */
export const mostInBatch = 128

/** The members that are inspected for one batch: scanning a longer queue of members that all share an id would cost more than waiting. */
const mostScanned = 8 * mostInBatch

/**
 * Members that wait for a batch. Members in progress share neither key nor
 * identity: two rows of one id would fail the second batch, two changes of one row
 * would both be made of what was read, and two members with
 * one key would both be executed by its one claim.
 */
export function createWaitingMembers<Draft>() {
  const waiting: Member<Draft>[] = []
  const keys = new Set<string>()
  const identities = new Set<string>()

  return {
    get length() {
      return waiting.length
    },

    add(member: Member<Draft>): void {
      waiting.push(member)
    },

    /** At most one batch. Members that share a name with one in progress stay first in the queue. */
    take(): Member<Draft>[] {
      const batch: Member<Draft>[] = []
      const staying: Member<Draft>[] = []
      let scanned = 0
      for (const member of waiting) {
        if (batch.length === mostInBatch || scanned === mostScanned) break
        scanned += 1
        // Before it takes the place of one that is wanted.
        if (!isWanted(member)) continue
        const { key, identity } = member.names
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

    /** The batch has ended: its names exist now, or are free. */
    ended(batch: readonly Member<Draft>[]): void {
      for (const { names } of batch) {
        keys.delete(names.key)
        identities.delete(names.identity)
      }
    },
  }
}
