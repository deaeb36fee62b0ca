import type { Todo } from '@idem/contract/todo'
import type { PrismaClient } from '@idem/database/prisma'
import { notFound } from './refusals.ts'
import { toTodo } from './todo-row.ts'
import { namesATodo } from './uuid-form.ts'

/** A todo that is missing, deleted or another owner's is `not_found`, all three alike. */
export async function getTodo(prisma: PrismaClient, owner: string, id: string): Promise<Todo> {
  if (!namesATodo(id)) throw notFound()
  const row = await prisma.todo.findFirst({ where: { ownerId: owner, id, deletedAt: null } })
  if (row === null) throw notFound()
  return toTodo(row)
}
