import { createPrisma, type PrismaClient } from '@idem/database/prisma'
import { createIdempotency } from '@idem/idempotency'
import { prismaAdapter } from '@idem/idempotency/prisma'
import { idempotent } from '@idem/idempotency/trpc'
import { initTRPC } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import pg from 'pg'
import { z } from 'zod'
import { mintKey } from '../requests/mint-key.ts'

// The package in a plain tRPC server with Prisma, as in its README.
const db = createPrisma(new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }))

type Tx = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0]

const { procedure, router } = initTRPC.context<{ readonly user: string }>().create()

const idempotency = createIdempotency({ adapter: prismaAdapter(db) })

const idempotentProcedure = procedure.use(
  idempotent(idempotency, {
    owner: (context: { readonly user: string }) => context.user,
    context: (tx: Tx) => ({ db: tx }),
  }),
)

const server = createHTTPServer({
  basePath: '/api/trpc/',
  createContext: () => ({ user: 'local' }),
  onError: ({ error }) => console.error(error),
  router: router({
    createTodo: idempotentProcedure
      .input(z.object({ title: z.string() }))
      .mutation(({ ctx, input }) => {
        const at = new Date()
        const row = { ownerId: ctx.user, id: mintKey(), createdAt: at, updatedAt: at }
        return ctx.db.todo.create({ data: { ...row, title: input.title } })
      }),
  }),
})

server.listen(Number(process.env.PORT), '127.0.0.1')

process.once('disconnect', () => process.exit())
