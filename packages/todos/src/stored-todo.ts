import type { Todo } from '@idem/contract/todo'

/** A todo or a tombstone, as it is stored; Prisma's row has these members and more. */
export type StoredTodo = {
  readonly id: string
  readonly title: string
  readonly completed: boolean
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly deletedAt: Date | null
}

/** The stored todo after a change: its version rises by one. */
export function nextVersion(
  existing: StoredTodo,
  change: Partial<Pick<StoredTodo, 'title' | 'completed' | 'deletedAt'>>,
  now: Date,
): StoredTodo {
  return { ...existing, ...change, version: existing.version + 1, updatedAt: now }
}

export function toTodo(stored: StoredTodo): Todo {
  const createdAt = textOf(stored.createdAt)
  return {
    id: stored.id,
    title: stored.title,
    completed: stored.completed,
    version: stored.version,
    createdAt,
    updatedAt: stored.updatedAt === stored.createdAt ? createdAt : textOf(stored.updatedAt),
  }
}

/** A busy server makes several todos in a millisecond, and the text of a time costs more than the rest of a todo. */
let latest = { ms: Number.NaN, text: '' }

function textOf(time: Date): string {
  const ms = time.getTime()
  if (ms !== latest.ms) latest = { ms, text: time.toISOString() }
  return latest.text
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** PostgreSQL rejects a comparison of a UUID with other text, so such an id never reaches SQL: it matches no todo. */
export function isTodoId(id: string): boolean {
  return uuid.test(id)
}

/** What two attempts of one batch must not share. UUIDs are case-insensitive, and PostgreSQL returns them in lower case. */
export function identityOf(owner: string, id: string): string {
  return `${owner} ${id.toLowerCase()}`
}

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

/** SQL: the stored todo of an attempt as the text of a JSON value; null when there is none. */
export const storedTodoText = `(select json_build_object('id', todo.id, 'title', todo.title,
      'completed', todo.completed, 'version', todo.version,
      'createdMs', extract(epoch from todo.created_at) * 1000,
      'updatedMs', extract(epoch from todo.updated_at) * 1000,
      'deletedMs', extract(epoch from todo.deleted_at) * 1000)::text
    from todo where ${isTodoOfAttempt} limit 1)`

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
