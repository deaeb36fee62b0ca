import type { Todo } from '@idem/contract/todo'
import { existingTodo, newRow, type TodoDraft } from './create-todo.ts'
import { type TodoRow, toTodo } from './todo-row.ts'

/**
 * SQL: the todo or tombstone that has the id of an attempt. The condition after
 * the primary key follows from it and never runs its sub-select. It makes a scan
 * of the table look expensive for each row, or a plan from the time when the table
 * fitted one page would scan it for as long as the plan is kept (`onlyByIndex` of the
 * package idempotency, which this one may not import).
 */
const fromExisting = `from todo
    where todo.owner_id = attempt.owner_id and todo.id = attempt.id
      and (todo.id = attempt.id or (
        select true from generate_series(1, 1000) as n where n = -octet_length(todo.owner_id)
      ))
    limit 1`

/**
 * `createTodo` for many attempts in one statement, with the same rows and answers, which are built
 * before the statement runs. An id from the client may exist already, as a todo or a tombstone; such
 * an attempt gets the answer of `createTodo` and creates nothing. An id minted here cannot exist and
 * needs no check.
 */
export const createTodoBatch = {
  columns: { id: 'uuid', title: 'text', made_ms: 'float8', chosen: 'boolean' },

  prepare(draft: TodoDraft, now: Date): PreparedTodo {
    const row = newRow(draft, now)
    const answer = toTodo(row)
    return {
      row: {
        id: answer.id,
        title: answer.title,
        made_ms: row.createdAt.getTime(),
        chosen: draft.id !== undefined,
      },
      answer,
      identity: draft.id === undefined ? undefined : answer.id,
    }
  },

  // Not `exists`, which the planner may turn into a hash of the whole table.
  taken: `chosen and coalesce((select true ${fromExisting}), false)`,

  insert: `insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    select owner_id, id, title, key, to_timestamp(made_ms / 1000), to_timestamp(made_ms / 1000)
    from executed`,

  whenTaken: {
    existing: `(select json_build_object('id', todo.id, 'title', todo.title,
      'completed', todo.completed, 'version', todo.version, 'isDeleted', todo.deleted_at is not null,
      'createdMs', extract(epoch from todo.created_at) * 1000,
      'updatedMs', extract(epoch from todo.updated_at) * 1000)::text ${fromExisting})`,

    answer(draft: TodoDraft, existing: unknown): Todo {
      // The statement above built it.
      const { createdMs, updatedMs, ...row } = existing as ExistingRow
      return existingTodo(draft, {
        ...row,
        createdAt: new Date(createdMs),
        updatedAt: new Date(updatedMs),
      })
    },
  },
} as const

type ExistingRow = Omit<TodoRow, 'createdAt' | 'updatedAt'> & {
  readonly isDeleted: boolean
  readonly createdMs: number
  readonly updatedMs: number
}

type PreparedTodo = {
  readonly row: {
    readonly id: string
    readonly title: string
    readonly made_ms: number
    readonly chosen: boolean
  }
  readonly answer: Todo
  readonly identity: string | undefined
}
