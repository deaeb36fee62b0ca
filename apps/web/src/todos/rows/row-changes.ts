import type { Row } from '../list/merge-optimistic.ts'
import { operationOf } from '../operations/operations.ts'
import type { TodoEntry, TodoOutbox } from '../sending/intent.ts'
import type { Submissions, TodoSubmission } from '../sending/submissions.ts'

export type Sending = Submissions & {
  readonly outbox: Pick<TodoOutbox, 'getSnapshot' | 'add' | 'discard'>
}

/**
 * Whether a person can give a row another title now. Not while a refused create may have had an effect
 * (its key expired, or the server was restored): its correction would be a second todo.
 */
export function isEditable({ entry, needsNewerPage }: Row): boolean {
  if (needsNewerPage || entry?.isDiscarding === true) return false
  if (entry?.status.state !== 'needs_person') return true
  const { question } = entry.status
  return question.kind === 'refused' && question.refusal.retry !== 'new_key'
}

/** A refused entry is replaced by the delete of the todo on the screen. */
export async function removeTodo(todos: Sending, row: Row, removal: TodoSubmission) {
  if (row.entry?.status.state === 'needs_person') await discardAll(todos, row.id)
  await todos.outbox.add(removal).written
}

/** Discards the entries of a todo, last first, so that none of them is sent, and returns them in that order. */
export async function discardAll(todos: Sending, id: string): Promise<readonly TodoEntry[]> {
  const entries = entriesOf(todos, id).toReversed()
  await discardEach(todos, entries)
  return entries
}

/** Discards an entry, and with a create all that waits behind it: without it nothing can happen to a todo. */
export async function discardEntry(
  todos: Sending,
  entry: TodoEntry,
): Promise<readonly TodoEntry[]> {
  if (operationOf(entry.intent).makesTodo) return discardAll(todos, entry.orderingKey)
  await todos.outbox.discard(entry.id)
  return [entry]
}

/** The server has no todo that could be changed. */
export function isGone({
  entry,
  isMissing,
}: Pick<Row, 'entry'> & { isMissing?: boolean | undefined }): boolean {
  if (isMissing) return true
  const status = entry?.status
  if (status?.state !== 'needs_person' || status.question.kind !== 'refused') return false
  return status.question.refusal.code === 'not_found'
}

export function entriesOf({ outbox }: Pick<Sending, 'outbox'>, id: string): TodoEntry[] {
  return outbox.getSnapshot().entries.filter(({ orderingKey }) => orderingKey === id)
}

export async function discardEach(
  { outbox }: Sending,
  entries: readonly TodoEntry[],
): Promise<void> {
  for (const { id } of entries) await outbox.discard(id)
}
