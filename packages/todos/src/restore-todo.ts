import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { notFound, versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'
import { namesATodo } from './uuid-form.ts'

export type TodoRestoration = {
  readonly owner: string
  readonly id: string
  /** Bring back only what was deleted at this version. */
  readonly version?: number | undefined
}

/** Brings a deleted todo back; one that stands already is the answer as it is. */
export async function restoreTodo(
  tx: Transaction,
  restoration: TodoRestoration,
  now: Date,
): Promise<Todo> {
  const { owner: ownerId, id, version } = restoration
  if (!namesATodo(id)) throw notFound()
  const [restored] = await tx.todo.updateManyAndReturn({
    where: { ownerId, id, deletedAt: { not: null }, ...(version === undefined ? {} : { version }) },
    data: { deletedAt: null, updatedAt: now, version: { increment: 1 } },
  })
  if (restored !== undefined) return toTodo(restored)
  const found = await tx.todo.findFirst({ where: { ownerId, id } })
  if (found === null) throw notFound()
  if (found.deletedAt === null) return toTodo(found)
  // It stood when it was to be brought back, and was deleted before it was read.
  if (version === undefined) return restoreTodo(tx, restoration, now)
  throw versionConflict(toTodo(found))
}
