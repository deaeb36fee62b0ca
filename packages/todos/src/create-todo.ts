import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { mintId } from './mint-id.ts'
import { idTaken } from './refusals.ts'
import { toTodo } from './todo-row.ts'

export type TodoDraft = {
  readonly owner: string
  readonly title: string
  /** Minted by the client; without it one is minted here. */
  readonly id?: string | undefined
  /** The key this todo came by: reconciling compares it with the records. */
  readonly key: string | null
}

/**
 * Makes a todo. An id that exists already is no second todo: if it is still as
 * it was made, with this title, it is the answer; otherwise `id_taken`.
 */
export async function createTodo(tx: Transaction, draft: TodoDraft, now: Date): Promise<Todo> {
  const row = newRow(draft, now)
  const [made] = await tx.todo.createManyAndReturn({ data: [row], skipDuplicates: true })
  if (made !== undefined) return toTodo(made)
  const standing = await tx.todo.findUniqueOrThrow({
    where: { ownerId_id: { ownerId: draft.owner, id: row.id } },
  })
  if (standing.deletedAt !== null) throw idTaken('deleted')
  if (standing.title === draft.title && standing.version === 1) return toTodo(standing)
  throw idTaken(toTodo(standing))
}

export function newRow(draft: TodoDraft, now: Date) {
  return {
    ownerId: draft.owner,
    // A UUID in capitals is the same UUID, and PostgreSQL gives it back in small letters.
    id: draft.id?.toLowerCase() ?? mintId(),
    title: draft.title,
    completed: false,
    version: 1,
    createdKey: draft.key,
    createdAt: now,
    updatedAt: now,
  }
}
