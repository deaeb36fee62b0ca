import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { notFound, versionConflict } from './refusals.ts'
import { isTodoId } from './todo-id.ts'
import { toTodo } from './todo-row.ts'

export type RestoreTodoParameters = {
  readonly owner: string
  readonly id: string
  /** Restore only a todo that was deleted at this version. */
  readonly version?: number | undefined
}

/** Restores a deleted todo; a todo that exists is the answer unchanged. */
export async function restoreTodo(
  tx: Transaction,
  restoration: RestoreTodoParameters,
  now: Date,
): Promise<Todo> {
  const { owner: ownerId, id, version } = restoration
  if (!isTodoId(id)) throw notFound()
  const [restored] = await tx.todo.updateManyAndReturn({
    where: { ownerId, id, deletedAt: { not: null }, ...(version === undefined ? {} : { version }) },
    data: { deletedAt: null, updatedAt: now, version: { increment: 1 } },
  })
  if (restored !== undefined) return toTodo(restored)
  const found = await tx.todo.findFirst({ where: { ownerId, id } })
  if (found === null) throw notFound()
  if (found.deletedAt === null) return toTodo(found)
  // The todo existed at the update and was deleted before it was read.
  if (version === undefined) return restoreTodo(tx, restoration, now)
  throw versionConflict(toTodo(found))
}
