import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { mintId } from './mint-id.ts'
import { idTaken } from './refusals.ts'
import type { StoredTodo } from './stored-todo.ts'
import { toTodo } from './todo-row.ts'

export type TodoDraft = {
  readonly owner: string
  readonly title: string
  /** Minted by the client; otherwise minted here. */
  readonly id?: string | undefined
  /** The key that created this todo, for reconciling with the records. */
  readonly key: string | null
}

/**
 * Creates a todo. An existing id creates no second todo: the existing todo is the answer if it has
 * this title and its first version; otherwise the refusal is `id_taken`.
 */
export async function createTodo(tx: Transaction, draft: TodoDraft, now: Date): Promise<Todo> {
  const row = newRow(draft, now)
  const [made] = await tx.todo.createManyAndReturn({ data: [row], skipDuplicates: true })
  if (made !== undefined) return toTodo(made)
  const existing = await tx.todo.findUniqueOrThrow({
    where: { ownerId_id: { ownerId: draft.owner, id: row.id } },
  })
  return existingTodo(draft, existing)
}

/** The answer to a create whose id exists; throws the refusal `id_taken`. */
export function existingTodo(draft: TodoDraft, existing: StoredTodo): Todo {
  if (existing.deletedAt !== null) throw idTaken('deleted')
  if (existing.title === draft.title && existing.version === 1) return toTodo(existing)
  throw idTaken(toTodo(existing))
}

export function newRow(draft: TodoDraft, now: Date) {
  return {
    ownerId: draft.owner,
    // UUIDs are case-insensitive, and PostgreSQL returns them in lower case.
    id: draft.id?.toLowerCase() ?? mintId(),
    title: draft.title,
    completed: false,
    version: 1,
    createdKey: draft.key,
    createdAt: now,
    updatedAt: now,
  }
}
