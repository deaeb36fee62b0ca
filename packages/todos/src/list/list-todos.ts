import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import type { PrismaClient } from '@idem/database/prisma'
import { toTodo } from '../todo.ts'
import { fromCursor, type ListPosition, toCursor } from './list-cursor.ts'

/**
 * Looking at so many todos takes about 50 ms. Few owners have more. A filter that matches none of
 * millions would take seconds, and a core from all other work.
 */
const mostLookedAt = 50_000

/**
 * Lists todos newest first, by id: ids contain their minting time, so every device shows the order in
 * which todos were written, even if the network delivered them in another order. A page starts
 * exactly where the last one ended, even if todos were added in between. The primary key provides the
 * order; the creation time on the server is not used.
 *
 * A page with a filter ends after 50,000 todos, and the next one begins there: it may be short or
 * empty, and still not be the last.
 */
export async function listTodos(
  prisma: Pick<PrismaClient, 'todo'>,
  owner: string,
  input: ListTodosInput,
): Promise<TodoPage> {
  const { search, cursor, limit, show } = input
  const before: Before = cursor === undefined ? {} : { lt: fromCursor(cursor).id }
  const isFiltered = show !== 'all' || search !== undefined
  const end = isFiltered ? await lastLookedAt(prisma, owner, before) : null
  const rows = await prisma.todo.findMany({
    where: {
      ownerId: owner,
      ...shown[show],
      ...(search === undefined ? {} : { title: containing(search) }),
      id: { ...before, ...(end === null ? {} : { gte: end.id }) },
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : end
  return { todos: page.map(toTodo), nextCursor: last ? toCursor(last) : null }
}

type Before = { readonly lt?: string }

/** Null when there are fewer. Tombstones count, because they are looked at too. */
function lastLookedAt(
  prisma: Pick<PrismaClient, 'todo'>,
  ownerId: string,
  before: Before,
): Promise<ListPosition | null> {
  return prisma.todo.findFirst({
    where: { ownerId, id: before },
    orderBy: { id: 'desc' },
    skip: mostLookedAt - 1,
    select: { id: true, createdAt: true },
  })
}

const shown = {
  all: { deletedAt: null },
  open: { deletedAt: null, completed: false },
  done: { deletedAt: null, completed: true },
  deleted: { deletedAt: { not: null } },
} as const

// Prisma passes the text to ILIKE unescaped; a search for 100% means the percent sign.
function containing(text: string) {
  return { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
}
