import type { Todo } from '@idem/contract/todo'
import type { PrismaClient } from '@idem/database/prisma'
import { notFound } from './refusals.ts'
import { isTodoId } from './todo-id.ts'
import { toTodo } from './todo-row.ts'

/** A todo that is missing, deleted or of another owner is `not_found`, without a difference. */
export async function getTodo(prisma: PrismaClient, owner: string, id: string): Promise<Todo> {
  if (!isTodoId(id)) throw notFound()
  const row = await prisma.todo.findFirst({ where: { ownerId: owner, id, deletedAt: null } })
  if (row === null) throw notFound()
  return toTodo(row)
}
