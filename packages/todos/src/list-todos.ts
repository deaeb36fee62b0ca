import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import type { PrismaClient } from '@idem/database/prisma'
import { fromCursor, toCursor } from './list-cursor.ts'
import { toTodo } from './todo-row.ts'

/**
 * Newest first, by id: ids say when they were minted, so every device shows the
 * order in which todos were written down, even where the network delivered them
 * in another. A page begins exactly where the last one ended, whatever was added
 * meanwhile. The primary key serves the order; the time at which the server made
 * a todo has no part in it.
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

// Prisma hands the text to ILIKE as it is; a person who searches for 100% means the sign.
function containing(text: string) {
  return { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
}
