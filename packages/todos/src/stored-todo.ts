import type { StoredTodo } from './todo.ts'

/**
 * SQL: follows from the primary key and never runs its sub-select. It makes a scan of
 * the table look expensive for each row, or a plan from the time when the table
 * fitted one page would scan it for as long as the plan is kept (`onlyByIndex` of the
 * package idempotency, which this one may not import).
 */
export function onlyByIndex(attempt: 'attempt' | 'executed'): string {
  return `(todo.id = ${attempt}.id or (
        select true from generate_series(1, 1000) as n where n = -octet_length(todo.owner_id)
      ))`
}

/** SQL: the todo or tombstone that has the id of an attempt in a batch. */
export const isTodoOfAttempt = `todo.owner_id = attempt.owner_id and todo.id = attempt.id
      and ${onlyByIndex('attempt')}`

/** SQL: the columns of a stored todo, as the text of a JSON value. */
const todoText = `json_build_object('id', todo.id, 'title', todo.title,
      'completed', todo.completed, 'version', todo.version,
      'createdMs', extract(epoch from todo.created_at) * 1000,
      'updatedMs', extract(epoch from todo.updated_at) * 1000,
      'deletedMs', extract(epoch from todo.deleted_at) * 1000)::text`

/** SQL: the stored todo of an attempt as the text of a JSON value; null when there is none. */
export const storedTodoText = `(select ${todoText} from todo where ${isTodoOfAttempt} limit 1)`

/** The stored todos of attempts where tables are distributed by owner, each with what `identityOf` gives. */
export const storedTodosOnShard = {
  by: 'id',
  text: `select todo.owner_id || ' ' || todo.id, ${todoText} from todo
    where todo.owner_id = any($1::text[]) and todo.id = any($2::uuid[])`,
}

/** The todo of the JSON value above. */
export function storedTodoOf(value: unknown): StoredTodo | undefined {
  if (value === null) return undefined
  const { createdMs, updatedMs, deletedMs, ...row } = value as StoredTodoValue
  return {
    ...row,
    createdAt: new Date(createdMs),
    updatedAt: new Date(updatedMs),
    deletedAt: deletedMs === null ? null : new Date(deletedMs),
  }
}

type StoredTodoValue = Pick<StoredTodo, 'id' | 'title' | 'completed' | 'version'> & {
  readonly createdMs: number
  readonly updatedMs: number
  readonly deletedMs: number | null
}
