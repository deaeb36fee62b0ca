import type { Todo } from '@idem/contract/todo'
import { newRow, type TodoDraft } from './create-todo.ts'
import { toTodo } from './todo-row.ts'

/**
 * `createTodo` for many attempts in one statement, with the same rows and answers, which are built
 * before the statement runs. An id from the client may exist already, as a todo or a tombstone; such
 * an attempt is left out and handled by `createTodo`. An id minted here cannot exist and needs no
 * check.
 *
 * The condition after the primary key follows from it and never runs its
 * sub-select. It makes a scan of the table look expensive for each row, or a
 * plan made while the table fits one page would scan it for as long as the plan
 * is kept (`onlyByIndex` of the package idempotency, which this one may not
 * import).
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
  taken: `chosen and coalesce((
    select true from todo where todo.owner_id = attempt.owner_id and todo.id = attempt.id
      and (todo.id = attempt.id or (
        select true from generate_series(1, 1000) as n where n = -octet_length(todo.owner_id)
      ))
    limit 1), false)`,

  insert: `insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    select owner_id, id, title, key, to_timestamp(made_ms / 1000), to_timestamp(made_ms / 1000)
    from executed`,
} as const

type PreparedTodo = {
  readonly row: Readonly<Record<'id' | 'title' | 'made_ms' | 'chosen', unknown>>
  readonly answer: Todo
  readonly identity: string | undefined
}
