import type { DeleteTodoAnswer } from '@idem/contract/operations'
import type { Transaction } from '@idem/database/prisma'
import { versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'
import { namesATodo } from './uuid-form.ts'

export type TodoDeletion = {
  readonly owner: string
  readonly id: string
  /** Delete only a todo standing at this version. */
  readonly version?: number | undefined
}

/**
 * Leaves no todo of this id: whether it is deleted now, was deleted before or
 * was never there, the answer is the same. Only a todo standing at another
 * version than the one named is refused.
 */
export async function deleteTodo(
  tx: Transaction,
  deletion: TodoDeletion,
  now: Date,
): Promise<DeleteTodoAnswer> {
  const { owner: ownerId, id, version } = deletion
  if (!namesATodo(id)) return { id }
  const { count } = await tx.todo.updateMany({
    where: { ownerId, id, deletedAt: null, ...(version === undefined ? {} : { version }) },
    data: { deletedAt: now, updatedAt: now, version: { increment: 1 } },
  })
  if (count > 0 || version === undefined) return { id }
  const standing = await tx.todo.findFirst({ where: { ownerId, id, deletedAt: null } })
  if (standing === null) return { id }
  throw versionConflict(toTodo(standing))
}
