import type { TodoOutbox } from '../sending/intent.ts'
import type { Change, Submissions } from '../sending/submissions.ts'
import { type OwnVersions, versionSince } from './own-versions.ts'

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

/**
 * Sends the opposite of an operation, behind it if it has no answer yet. Whether another device has
 * changed the todo since is judged when it is frozen, from the answers that the outbox has then. `own` are
 * those that it may have forgotten by then.
 */
export async function undo(
  { outbox, update, restore }: Sending,
  { key, row, back }: Undoable,
  own: OwnVersions,
): Promise<void> {
  const pending = outbox.getSnapshot().entries.filter(({ orderingKey }) => orderingKey === row.id)
  const refused = pending.find(({ id, status }) => id === key && status.state === 'needs_person')
  if (refused !== undefined) {
    await outbox.discard(refused.id)
    return
  }
  const undone = { ...row, undoes: key }
  const seen = { ...undone, version: versionSince(undone, own) }
  await outbox.add(back === undefined ? restore(seen) : update(seen, back)).written
}
