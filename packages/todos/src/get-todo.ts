import { RefusalError } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import type { PrismaClient } from '@idem/database/prisma'
import { isTodoId, toTodo } from './todo.ts'

/** A todo that is missing, deleted or of another owner is `not_found`, without a difference. */
export async function getTodo(prisma: PrismaClient, owner: string, id: string): Promise<Todo> {
  if (!isTodoId(id)) throw new RefusalError('not_found')
  const row = await prisma.todo.findFirst({ where: { ownerId: owner, id, deletedAt: null } })
  if (row === null) throw new RefusalError('not_found')
  return toTodo(row)
}
