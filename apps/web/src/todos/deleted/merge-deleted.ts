import type { TodoList } from '../list/merge-optimistic.ts'
import { exists, type Seen } from '../operations/operation.ts'
import { type Intent, operationOf, shownAfter } from '../operations/operations.ts'
import type { TodoSnapshot } from '../sending/intent.ts'

/**
 * The todos that can be restored, the last deleted first: those of the server, those that this browser has deleted
 * since, and those that it is about to delete, which are restored behind that.
 */
export function mergeDeleted(
  list: TodoList | undefined,
  { settled, entries }: Pick<TodoSnapshot, 'settled' | 'entries'>,
): Seen[] {
  const deleted = new Map<string, Seen>()
  for (const { id, title, completed, version } of list?.todos.toReversed() ?? []) {
    deleted.set(id, { id, title, completed, version })
  }
  for (const { id, intent, answer, settledAt } of settled) {
    if (settledAt < (list?.askedAt ?? 0)) continue
    const version = exists(answer) ? undefined : answer.tombstoneVersion
    apply(deleted, intent, { version, undoes: id })
  }
  for (const { id, intent, isDiscarding } of entries) {
    if (!isDiscarding) apply(deleted, intent, { undoes: id })
  }
  return [...deleted.values()].reverse()
}

function apply(deleted: Map<string, Seen>, intent: Intent, seen: Pick<Seen, 'undoes' | 'version'>) {
  const { id } = intent
  const { isDeleted = false } = operationOf(intent).show(intent)
  deleted.delete(id)
  if (isDeleted) deleted.set(id, { id, ...shownAfter(intent), ...seen })
}
