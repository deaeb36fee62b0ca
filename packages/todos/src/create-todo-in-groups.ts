import type { Todo } from '@idem/contract/todo'
import { newRow, type TodoDraft } from './create-todo.ts'
import { toTodo } from './todo-row.ts'

/**
 * `createTodo` for many attempts in one statement: the same rows and the same
 * answers, made before the statement runs. An id the client chose may exist,
 * as a todo or as a tombstone; such an attempt is left out and judged by
 * `createTodo` itself. An id minted here cannot exist, so it is not looked for.
 */
export const createTodoInGroups = {
  columns: { id: 'uuid', title: 'text', made_at: 'timestamptz', chosen: 'boolean' },

  prepare(draft: TodoDraft, now: Date): PreparedTodo {
    const row = newRow(draft, now)
    const answer = toTodo(row)
    return {
      row: {
        id: answer.id,
        title: answer.title,
        made_at: answer.createdAt,
        chosen: draft.id !== undefined,
      },
      answer,
      identity: draft.id,
    }
  },

  taken: `chosen and exists (
    select from todo where todo.owner_id = attempt.owner_id and todo.id = attempt.id)`,

  insert: `insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    select owner_id, id, title, key, made_at, made_at from executed`,
} as const

type PreparedTodo = {
  readonly row: Readonly<Record<'id' | 'title' | 'made_at' | 'chosen', unknown>>
  readonly answer: Todo
  readonly identity: string | undefined
}
