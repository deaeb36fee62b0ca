import type { Todo } from '@idem/contract/todo'
import { nextVersion, type TodoChange } from './change-todo.ts'
import { notFound, versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'

export type RestoreTodoParameters = {
  /** Restore only a todo that was deleted at this version. */
  readonly version?: number | undefined
}

/** Restores a deleted todo; a todo that exists is the answer unchanged. */
export function restoreTodo({ version }: RestoreTodoParameters): TodoChange<Todo> {
  return (existing, now) => {
    if (existing === undefined) throw notFound()
    if (existing.deletedAt === null) return { answer: toTodo(existing) }
    if (version !== undefined && existing.version !== version) {
      throw versionConflict(toTodo(existing))
    }
    const changed = nextVersion(existing, { deletedAt: null }, now)
    return { answer: toTodo(changed), changed }
  }
}
