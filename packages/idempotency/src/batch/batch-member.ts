import type { KeyPolicy } from '../records/key-policy.ts'
import type { Outcome } from '../records/outcome.ts'
import {
  type Claim,
  clockRefusal,
  fromFuture,
  type IdempotencyRecord,
  outsideWindow,
  replay,
} from '../records/records.ts'
import { dropped, isAbandoned } from '../run/callers.ts'
import type { BatchRow, Unsettled } from './batch-settings.ts'
import { pairOf } from './recent-names.ts'

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

export function namesOf({ owner, key }: Claim, identity: string | undefined): MemberNames {
  return {
    key: pairOf(owner, key),
    identity: identity ?? '',
  }
}

/** Fails a member that has no waiting caller any more: its statement would be wasted work. */
export function isWanted<Draft>({ claim, fail }: Member<Draft>): boolean {
  if (!isAbandoned(claim)) return true
  fail(dropped())
  return false
}

/** A row that the statement returned for a member. */
export type MemberRow = {
  /** The place of the member in the batch, from 1. */
  readonly at: number
} & (
  | { readonly state: 'executed' }
  | ({ readonly state: 'known' } & IdempotencyRecord)
  | { readonly state: 'outside'; readonly server_time: string }
  /** With what exists, as the text of a JSON value. */
  | { readonly state: 'taken'; readonly existing: string | null }
)

/**
 * Settles a member by its row. One without a decided outcome runs alone, and so does one whose
 * key is ahead: its refusal is stored, and replayed with the time of the response.
 *
 * @throws what the member fails with
 */
export function settleByRow<Draft>(policy: KeyPolicy, member: Member<Draft>, row: MemberRow): void {
  const { claim, outcome, settle } = member
  if (row.state === 'outside') {
    const found = outsideWindow(policy, claim.key, new Date(row.server_time))
    // Alone, the look-up of one that has just expired also reads whether the key was forgotten.
    if (found.state === 'expired' || found.state === 'from_future') throw clockRefusal(found)
  }
  const isReplay = row.state === 'known' && row.refusal !== fromFuture
  const known = isReplay ? replay(row, claim) : undefined
  settle((row.state === 'executed' ? outcome : known) ?? 'left_out')
}
