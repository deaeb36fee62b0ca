import type { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import { notFound, versionConflict } from './refusals.ts'
import { toTodo } from './todo-row.ts'
import { namesATodo } from './uuid-form.ts'

export type TodoChange = {
  readonly owner: string
  readonly id: string
  /** The version the change was made from; any other and nothing is overwritten. */
  readonly version: number
  readonly title?: string | undefined
  readonly completed?: boolean | undefined
}

/** Changes the members that are named, and raises the version by one. */
export async function updateTodo(tx: Transaction, change: TodoChange, now: Date): Promise<Todo> {
  const { owner: ownerId, id, version, title, completed } = change
  if (!namesATodo(id)) throw notFound()
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
  const standing = await tx.todo.findFirst({ where: { ownerId, id, deletedAt: null } })
  throw standing === null ? notFound() : versionConflict(toTodo(standing))
}
