import type { DeleteTodoAnswer, MutationInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { type Decided, nextVersion, type StoredTodo, toTodo } from '../todo.ts'

/**
 * Deletes a todo. The answer is the same whether the todo is deleted now, was deleted before or never
 * existed. Only a todo at another version than the given one is refused.
 */
export function deleteTodo(
  existing: StoredTodo | undefined,
  { id, version }: MutationInput<'deleteTodo'>,
  now: Date,
): Decided<DeleteTodoAnswer> {
  if (existing === undefined || existing.deletedAt !== null) return { answer: { id } }
  if (version !== undefined && existing.version !== version) {
    throw new RefusalError('version_conflict', { current: toTodo(existing) })
  }
  return { answer: { id }, changed: nextVersion(existing, { deletedAt: now }, now) }
}
