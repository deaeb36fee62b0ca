import type { Todo } from '@idem/contract/todo'
import { nextVersion, type TodoChange } from './change-todo.ts'
import { notFound, versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'

export type UpdateTodoParameters = {
  /** The version on which the change is based; at any other version nothing is overwritten. */
  readonly version: number
  readonly title?: string | undefined
  readonly completed?: boolean | undefined
}

/** Changes the given members and raises the version by one. */
export function updateTodo({ version, title, completed }: UpdateTodoParameters): TodoChange<Todo> {
  return (existing, now) => {
    if (existing === undefined || existing.deletedAt !== null) throw notFound()
    if (existing.version !== version) throw versionConflict(toTodo(existing))
    const changed = nextVersion(
      existing,
      { title: title ?? existing.title, completed: completed ?? existing.completed },
      now,
    )
    return { answer: toTodo(changed), changed }
  }
}
