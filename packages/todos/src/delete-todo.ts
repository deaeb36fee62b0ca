import type { DeleteTodoAnswer } from '@idem/contract/operations'
import type { Transaction } from '@idem/database/prisma'
import { versionConflict } from './refusals.ts'
import { isTodoId } from './todo-id.ts'
import { toTodo } from './todo-row.ts'

export type DeleteTodoParameters = {
  readonly owner: string
  readonly id: string
  /** Delete the todo only at this version. */
  readonly version?: number | undefined
}

/**
 * Deletes the todo of this id. The answer is the same whether the todo is deleted now, was deleted
 * before or never existed. Only a todo at another version than the given one is refused.
 */
export async function deleteTodo(
  tx: Transaction,
  deletion: DeleteTodoParameters,
  now: Date,
): Promise<DeleteTodoAnswer> {
  const { owner: ownerId, id, version } = deletion
  if (!isTodoId(id)) return { id }
  const { count } = await tx.todo.updateMany({
    where: { ownerId, id, deletedAt: null, ...(version === undefined ? {} : { version }) },
    data: { deletedAt: now, updatedAt: now, version: { increment: 1 } },
  })
  if (count > 0 || version === undefined) return { id }
  const existing = await tx.todo.findFirst({ where: { ownerId, id, deletedAt: null } })
  if (existing === null) return { id }
  throw versionConflict(toTodo(existing))
}
