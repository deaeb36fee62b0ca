import type { MutationInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import {
  isTodoOfAttempt,
  storedTodoOf,
  storedTodosOnShard,
  storedTodoText,
} from '../stored-todo.ts'
import {
  type Decided,
  decide,
  identityOf,
  type StoredTodo,
  type TodoDraft,
  toTodo,
} from '../todo.ts'

type NewTodo = Pick<MutationInput<'createTodo'>, 'title'> & { readonly id: string }

/**
 * Creates a todo. An existing id creates no second todo: the existing todo is the answer if it has
 * this title and its first version; otherwise the refusal is `id_taken`.
 */
export function createTodo(
  existing: StoredTodo | undefined,
  { id, title }: NewTodo,
  now: Date,
): Decided<Todo> {
  if (existing === undefined) {
    const changed = {
      id,
      title,
      completed: false,
      version: 1,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    }
    return { answer: toTodo(changed), changed }
  }
  if (existing.deletedAt !== null) throw new RefusalError('id_taken', { deleted: true })
  const current = toTodo(existing)
  if (existing.title === title && existing.version === 1) return { answer: current }
  throw new RefusalError('id_taken', { current })
}

const into = 'insert into todo (owner_id, id, title, created_key, created_at, updated_at)'

/**
 * Many creates in one statement; rows and answers are built before it runs. An id from the
 * client may exist already, as a todo or a tombstone; such an attempt creates nothing and is decided by
 * what exists.
 */
export const createTodoBatch = {
  columns: { id: 'uuid', title: 'text', made_ms: 'float8', chosen: 'boolean' },

  prepare(draft: TodoDraft, now: Date) {
    const { answer, changed } = decide(draft, undefined, now)
    const { id, owner, isNew } = draft
    return {
      row: { id, title: changed?.title, made_ms: now.getTime(), chosen: !isNew },
      answer,
      identity: isNew ? undefined : identityOf(owner, id),
    }
  },

  // Not `exists`, which the planner may turn into a hash of the whole table.
  taken: `chosen and coalesce((select true from todo where ${isTodoOfAttempt} limit 1), false)`,

  insert: `${into}
    select owner_id, id, title, key, to_timestamp(made_ms / 1000), to_timestamp(made_ms / 1000)
    from executed`,

  distributed: {
    stored: storedTodosOnShard,
    effect: {
      into,
      row(column: (name: string) => string) {
        const madeAt = `to_timestamp(${column('made_ms')} / 1000)`
        const [owner, id, title, key] = ['owner_id', 'id', 'title', 'key'].map(column)
        return `(${owner}, ${id}, ${title}, ${key}, ${madeAt}, ${madeAt})`
      },
    },
  },

  whenTaken: {
    existing: storedTodoText,
    answer: (draft: TodoDraft, existing: unknown) =>
      decide(draft, storedTodoOf(existing), new Date()).answer,
  },
} as const
