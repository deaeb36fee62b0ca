import type { DeleteTodoAnswer } from '@idem/contract/operations'
import { nextVersion, type TodoChange } from './change-todo.ts'
import { versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'

export type DeleteTodoParameters = {
  readonly id: string
  /** Delete the todo only at this version. */
  readonly version?: number | undefined
}

/**
 * Deletes the todo of this id. The answer is the same whether the todo is deleted now, was deleted
 * before or never existed. Only a todo at another version than the given one is refused.
 */
export function deleteTodo({ id, version }: DeleteTodoParameters): TodoChange<DeleteTodoAnswer> {
  return (existing, now) => {
    if (existing === undefined || existing.deletedAt !== null) return { answer: { id } }
    if (version !== undefined && existing.version !== version) {
      throw versionConflict(toTodo(existing))
    }
    return { answer: { id }, changed: nextVersion(existing, { deletedAt: now }, now) }
  }
}
