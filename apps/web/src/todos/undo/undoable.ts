import type { TodoOutbox } from '../sending/intent.ts'
import { exists, type TodoOutcome } from '../sending/intent.ts'
import type { Change, Submissions } from '../sending/submissions.ts'

/** An operation of this page that can be undone. */
export type Undoable = {
  /** The key of the operation. */
  readonly key: string
  readonly words: string
  /** The row before the operation. */
  readonly row: { readonly id: string; readonly title: string; readonly completed: boolean }
  /** The members as they were before; undefined for a delete. */
  readonly back: Change | undefined
}

/** What is needed to undo. */
export type Sending = Pick<Submissions, 'update' | 'restore'> & {
  readonly outbox: Pick<TodoOutbox, 'getSnapshot' | 'add' | 'discard'>
}

/** The last version of each todo that this browser got an answer about. */
export type KnownVersions = Map<string, number>

export function learnVersions(known: KnownVersions, outcomes: readonly TodoOutcome[]): void {
  for (const { orderingKey, answer } of outcomes) {
    const version = exists(answer) ? answer.version : answer.tombstoneVersion
    if (version === undefined) known.delete(orderingKey)
    else known.set(orderingKey, version)
  }
}

/**
 * Sends the opposite of an operation, behind it if it has no answer yet. It names the version that this
 * browser made, so it never overwrites a later change of another device.
 */
export async function undo(
  { outbox, update, restore }: Sending,
  { key, row, back }: Undoable,
  known: KnownVersions,
): Promise<void> {
  const pending = outbox.getSnapshot().entries.filter(({ orderingKey }) => orderingKey === row.id)
  const refused = pending.find(({ id, status }) => id === key && status.state === 'needs_person')
  if (refused !== undefined) {
    await outbox.discard(refused.id)
    return
  }
  const version = pending.length === 0 ? known.get(row.id) : undefined
  const seen = { ...row, version }
  await outbox.add(back === undefined ? restore(seen) : update(seen, back)).written
}
