import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import type { PrismaClient } from '@idem/database/prisma'
import { toTodo } from '../todo-row.ts'
import { fromCursor, toCursor } from './list-cursor.ts'

/**
 * Lists todos newest first, by id: ids contain their minting time, so every device shows the order in
 * which todos were written, even if the network delivered them in another order. A page starts
 * exactly where the last one ended, whatever was added in between. The primary key provides the
 * order; the creation time on the server is not used.
 */
export async function listTodos(
  prisma: PrismaClient,
  owner: string,
  input: ListTodosInput,
): Promise<TodoPage> {
  const rows = await prisma.todo.findMany({
    where: {
      ownerId: owner,
      deletedAt: null,
      ...shown[input.show],
      ...(input.search === undefined ? {} : { title: containing(input.search) }),
      ...(input.cursor === undefined ? {} : { id: { lt: fromCursor(input.cursor).id } }),
    },
    orderBy: { id: 'desc' },
    take: input.limit + 1,
  })
  const page = rows.slice(0, input.limit)
  const last = page.at(-1)
  const more = rows.length > input.limit && last !== undefined
  return { todos: page.map(toTodo), nextCursor: more ? toCursor(last) : null }
}

const shown = { all: {}, open: { completed: false }, done: { completed: true } } as const

// Prisma passes the text to ILIKE unescaped; a search for 100% means the percent sign.
function containing(text: string) {
  return { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
}
