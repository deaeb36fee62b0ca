import type { MutationInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import { type Decided, nextVersion, type StoredTodo, toTodo } from '../todo.ts'

/** Restores a todo that was deleted, with `version` only if it left that one; a todo that exists is the answer unchanged. */
export function restoreTodo(
  existing: StoredTodo | undefined,
  { version }: MutationInput<'restoreTodo'>,
  now: Date,
): Decided<Todo> {
  if (existing === undefined) throw new RefusalError('not_found')
  if (existing.deletedAt === null) return { answer: toTodo(existing) }
  if (version !== undefined && existing.version !== version) {
    throw new RefusalError('version_conflict', { current: toTodo(existing) })
  }
  const changed = nextVersion(existing, { deletedAt: null }, now)
  return { answer: toTodo(changed), changed }
}
