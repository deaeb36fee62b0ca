import { createIdempotency } from '@idem/idempotency'
import { prismaAdapter, transactional } from '@idem/idempotency/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { Prisma, PrismaClient } from './generated/client.ts'

afterEach(() => vi.unstubAllEnvs())

/** The example of Prisma for row-level security: each call in a transaction of its own, which names the user. */
const forUser = (user: string) =>
  Prisma.defineExtension((prisma) =>
    prisma.$extends({
      query: {
        async $allOperations({ args, query }) {
          const [, result] = await prisma.$transaction([
            prisma.$executeRaw`select set_config('app.user', ${user}, true)`,
            // The types of the example, which has all models.
            query(args) as Prisma.PrismaPromise<unknown>,
          ])
          return result
        },
      },
    }),
  )

const now = new Date('2026-03-04T05:06:07.089Z')
const todo = { ownerId: 'ada', title: 'milk', createdAt: now, updatedAt: now }

async function world(connection: 'a pool' | 'a connection string') {
  const scratch = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: scratch.url, max: 3 })
  pool.on('error', () => undefined)
  const given = connection === 'a pool' ? pool : scratch.url
  const plain = new PrismaClient({ adapter: new PrismaPg(given as pg.Pool) })
  return {
    plain,
    extended: plain.$extends(forUser('ada')),
    titles: async () => (await pool.query('select title from todo')).rows.map(({ title }) => title),
    async [Symbol.asyncDispose]() {
      await plain.$disconnect()
      await pool.end()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

const connections = ['a pool', 'a connection string'] as const
const clients = ['the global client', 'its transaction'] as const
const cases = ['production', 'development'].flatMap((mode) =>
  connections.flatMap((connection) => clients.map((client) => ({ mode, connection, client }))),
)

test.for(cases)(
  'an extension that opens a transaction for each call is refused in an effect with $client, on $connection, in $mode',
  async ({ mode, connection, client }) => {
    vi.stubEnv('NODE_ENV', mode)
    await using it = await world(connection)
    const db = transactional(it.extended)
    const { run } = createIdempotency({ adapter: prismaAdapter(db), schema: 'public' })
    const effect = async (tx: Pick<typeof db, 'todo'>) => {
      const { create } = (client === 'the global client' ? db : tx).todo
      return create({ data: { ...todo, id: crypto.randomUUID() } })
    }
    for (const _ of ['first', 'second']) {
      const refused = run({ owner: 'ada', key: 'k', operation: 'createTodo' }, effect)
      await expect(refused).rejects.toThrow('as for row-level security')
    }
    expect(await it.titles()).toEqual([])
    await db.todo.create({ data: { ...todo, id: crypto.randomUUID(), title: 'outside' } })
    expect(await it.titles()).toEqual(['outside'])
  },
)

test('an effect of the client without the extension names the user itself', async () => {
  await using it = await world('a connection string')
  const { run } = createIdempotency({ adapter: prismaAdapter(it.plain), schema: 'public' })
  const { value } = await run({ owner: 'ada', key: 'k', operation: 'createTodo' }, async (tx) => {
    await tx.$executeRaw`select set_config('app.user', 'ada', true)`
    const [row] = await tx.$queryRaw<{ user: string }[]>`select current_setting('app.user') as user`
    return row?.user
  })
  expect(value).toBe('ada')
})
