import { type Intent, inverseOf, operationOf, shownAfter } from '../operations/operations.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import { type OwnVersions, versionSince } from '../sending/own-versions.ts'
import type { Submissions } from '../sending/submissions.ts'

/** An operation of this page that can be undone, and the key of its entry. */
export type Undoable = { readonly key: string; readonly intent: Intent }

/** As in “Deleted “Buy milk””. */
export function wordsOf({ intent }: Undoable): string {
  return operationOf(intent).words.said(intent)
}

/** What is needed to undo. */
export type Sending = Pick<Submissions, 'change'> & {
  readonly outbox: Pick<TodoOutbox, 'getSnapshot' | 'add' | 'discard'>
}

/**
 * Sends the opposite of an operation, behind it if it has no answer yet. Whether another device has
 * changed the todo since is judged when it is frozen, from the answers that the outbox has then. `own` are
 * those that it may have forgotten by then.
 */
export async function undo(
  { outbox, change }: Sending,
  { key, intent }: Undoable,
  own: OwnVersions,
): Promise<void> {
  const { id } = intent
  const refused = outbox
    .getSnapshot()
    .entries.find((entry) => entry.id === key && entry.status.state === 'needs_person')
  if (refused !== undefined) {
    await outbox.discard(refused.id)
    return
  }
  const { back } = operationOf(intent)
  const undone = { id, undoes: key }
  const seen = { ...shownAfter(intent), ...undone, version: versionSince(undone, own) }
  await outbox.add(change(inverseOf(intent), seen, back?.(intent))).written
}
