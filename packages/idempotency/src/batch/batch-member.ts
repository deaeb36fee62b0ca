import type { Outcome } from '../records/outcome.ts'
import { type Claim, type IdempotencyRecord, replay } from '../records/records.ts'
import type { Prepared } from './batch-settings.ts'
import { pairOf } from './recent-names.ts'

/**
 * Why the general form has to judge. `held`: another transaction holds the key
 * or the id, and the attempt would wait for it. `ambiguous`: the batch may have
 * been committed, and nobody was answered.
 */
export type Unsettled = 'left_out' | 'held' | 'ambiguous'

/** One attempt of a batch. */
export type Member = {
  readonly claim: Claim
  readonly prepared: Prepared
  readonly text: string
  readonly settle: (outcome: Outcome | Unsettled) => void
  readonly fail: (error: unknown) => void
}

/** The first of each key and of each identity, for two rows of one key would both be made by its one claim; and the rest. */
export function firstOfEach(members: readonly Member[]): { batch: Member[]; rest: Member[] } {
  const keys = new Set<string>()
  const identities = new Set<string>()
  const batch: Member[] = []
  const rest: Member[] = []
  for (const member of members) {
    const { claim, prepared } = member
    const { owner, key } = claim
    const isFirst =
      takes(keys, owner, key) &&
      (prepared.identity === undefined || takes(identities, owner, prepared.identity))
    const side = isFirst ? batch : rest
    side.push(member)
  }
  return { batch, rest }
}

/** False when it was taken before. */
function takes(names: Set<string>, owner: string, name: string): boolean {
  const pair = pairOf(owner, name)
  if (names.has(pair)) return false
  names.add(pair)
  return true
}

/** By what the statement returned for it. */
export function settleOne(batch: readonly Member[], row: Record<string, unknown>): void {
  const member = batch[Number(row.at) - 1]
  if (member === undefined) return
  try {
    member.settle(
      row.executed === true
        ? { kind: 'answer', text: member.text, replayed: false }
        : replay(row as IdempotencyRecord, member.claim),
    )
  } catch (error) {
    member.fail(error)
  }
}
