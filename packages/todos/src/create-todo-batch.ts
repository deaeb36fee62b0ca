import type { Todo } from '@idem/contract/todo'
import { existingTodo, newRow, type TodoDraft } from './create-todo.ts'
import { identityOf, isTodoOfAttempt, storedTodoOf, storedTodoText } from './stored-todo.ts'
import { toTodo } from './todo-row.ts'

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
      identity: draft.id === undefined ? undefined : identityOf(draft.owner, answer.id),
    }
  },

  // Not `exists`, which the planner may turn into a hash of the whole table.
  taken: `chosen and coalesce((select true from todo where ${isTodoOfAttempt} limit 1), false)`,

  insert: `insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    select owner_id, id, title, key, to_timestamp(made_ms / 1000), to_timestamp(made_ms / 1000)
    from executed`,

  whenTaken: {
    existing: storedTodoText,

    answer(draft: TodoDraft, existing: unknown): Todo {
      return existingTodo(draft, storedTodoOf(existing))
    },
  },
} as const

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
