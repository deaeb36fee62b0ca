import type { ChangedTodo, TodoChange, TodoName } from './change-todo.ts'
import {
  identityOf,
  isTodoOfAttempt,
  onlyByIndex,
  type StoredTodo,
  storedTodoOf,
  storedTodoText,
} from './stored-todo.ts'
import { isTodoId } from './todo-id.ts'

export type TodoChangeDraft = TodoName & { readonly change: TodoChange<unknown> }

/**
 * `changeTodo` for many attempts in two statements: one reads the todos, the other changes those that
 * are still at the version that was read. The version rises with each change, so it names what is
 * stored. A todo that another transaction has locked is left to an attempt that runs alone.
 */
export const changeTodoBatch = {
  columns: {
    id: 'uuid',
    read_version: 'float8',
    title: 'text',
    completed: 'boolean',
    version: 'float8',
    updated_ms: 'float8',
    deleted_ms: 'float8',
  },

  find({ owner, id }: TodoChangeDraft) {
    return isTodoId(id)
      ? { row: { id }, identity: identityOf(owner, id) }
      : { row: { id: null }, identity: undefined }
  },

  existing: storedTodoText,

  change({ change }: TodoChangeDraft, value: unknown, now: Date): BatchedChange {
    const existing = value === null ? undefined : storedTodoOf(value)
    const { answer, changed } = change(existing, now)
    return existing === undefined || changed === undefined
      ? { answer }
      : { answer, row: { read_version: existing.version, ...columnsOf(changed) } }
  },

  unchanged: `coalesce((select true from todo where ${isTodoOfAttempt}
    and todo.version = attempt.read_version::int limit 1 for no key update skip locked), false)`,

  // With `= any(array[…])` in place of `=` the tables can be joined only row by row, by the primary key: a
  // plan from the time when `todo` was small would hash all of it for as long as the plan is kept.
  update: `update todo set title = executed.title, completed = executed.completed,
      version = executed.version::int, updated_at = to_timestamp(executed.updated_ms / 1000),
      deleted_at = to_timestamp(executed.deleted_ms / 1000)
    from executed
    where todo.owner_id = any(array[executed.owner_id]) and todo.id = any(array[executed.id])
      and ${onlyByIndex('executed')}`,
} as const

function columnsOf({ title, completed, version, updatedAt, deletedAt }: StoredTodo) {
  return {
    title,
    completed,
    version,
    updated_ms: updatedAt.getTime(),
    deleted_ms: deletedAt?.getTime() ?? null,
  }
}

type BatchedChange = Pick<ChangedTodo<unknown>, 'answer'> & {
  readonly row?: Readonly<Record<string, string | number | boolean | null>>
}
