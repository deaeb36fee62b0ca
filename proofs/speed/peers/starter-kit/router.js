import { randomUUID } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '@prisma/client'
import { initTRPC } from '@trpc/server'
import { z } from 'zod'

const { procedure, router: createRouter } = initTRPC.create()

// Connects at the first query, so the build may load this module.
const db = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 10 }),
})

export const router = createRouter({
  createTodo: procedure
    .input(z.object({ idempotencyKey: z.string(), title: z.string() }))
    .mutation(({ input }) => createTodo(input)),
})

/** A key and its todo in one transaction, by hand: the primary key refuses a second one. */
async function createTodo({ idempotencyKey: key, title }) {
  try {
    return await db.$transaction(async (tx) => {
      const id = randomUUID()
      const now = new Date()
      await tx.usedKey.create({ data: { key, todoId: id } })
      return tx.todo.create({
        data: { ownerId: 'local', id, title, createdAt: now, updatedAt: now },
      })
    })
  } catch (error) {
    if (error.code !== 'P2002') throw error
    const { todoId } = await db.usedKey.findUniqueOrThrow({ where: { key } })
    return db.todo.findUniqueOrThrow({ where: { ownerId_id: { ownerId: 'local', id: todoId } } })
  }
}
