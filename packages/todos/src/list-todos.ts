import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import type { PrismaClient } from '@idem/database/prisma'
import { fromCursor, toCursor } from './list-cursor.ts'
import { toTodo } from './todo-row.ts'

/** Newest first, by (created_at, id), so that a page begins exactly where the last one ended whatever was added meanwhile. */
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
      ...(input.cursor === undefined ? {} : behind(input.cursor)),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: input.limit + 1,
  })
  const page = rows.slice(0, input.limit)
  const last = page.at(-1)
  const more = rows.length > input.limit && last !== undefined
  return { todos: page.map(toTodo), nextCursor: more ? toCursor(last) : null }
}

const shown = { all: {}, open: { completed: false }, done: { completed: true } } as const

// The first condition is implied by the second; it is what the index can start at.
function behind(cursor: string) {
  const { createdAt, id } = fromCursor(cursor)
  return {
    createdAt: { lte: createdAt },
    OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }],
  }
}

// Prisma hands the text to ILIKE as it is; a person who searches for 100% means the sign.
function containing(text: string) {
  return { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
}
