import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { notFound, versionConflict } from './refusals.ts'
import { isTodoId } from './todo-id.ts'
import { toTodo } from './todo-row.ts'

export type UpdateTodoParameters = {
  readonly owner: string
  readonly id: string
  /** The version on which the change is based; at any other version nothing is overwritten. */
  readonly version: number
  readonly title?: string | undefined
  readonly completed?: boolean | undefined
}

/** Changes the given members and raises the version by one. */
export async function updateTodo(
  tx: Transaction,
  change: UpdateTodoParameters,
  now: Date,
): Promise<Todo> {
  const { owner: ownerId, id, version, title, completed } = change
  if (!isTodoId(id)) throw notFound()
  const [changed] = await tx.todo.updateManyAndReturn({
    where: { ownerId, id, version, deletedAt: null },
    data: {
      ...(title === undefined ? {} : { title }),
      ...(completed === undefined ? {} : { completed }),
      updatedAt: now,
      version: { increment: 1 },
    },
  })
  if (changed !== undefined) return toTodo(changed)
  const existing = await tx.todo.findFirst({ where: { ownerId, id, deletedAt: null } })
  throw existing === null ? notFound() : versionConflict(toTodo(existing))
}
