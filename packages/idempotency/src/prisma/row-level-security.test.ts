import { afterEach, expect, test, vi } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { Prisma } from './generated/client.ts'
import { prismaAdapter } from './prisma-adapter.ts'
import { type Connection, post, postWorld } from './test-prisma.ts'
import { transactional } from './transactional.ts'

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

async function world(connection: Connection) {
  const posts = await postWorld({ connection })
  return { ...posts, extended: posts.plain.$extends(forUser('ada')) }
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
    const { run } = createIdempotency({ adapter: prismaAdapter(db) })
    const effect = async (tx: Pick<typeof db, 'post'>) => {
      const { create } = (client === 'the global client' ? db : tx).post
      return create({ data: post('milk') })
    }
    for (const _ of ['first', 'second']) {
      const refused = run({ owner: 'ada', key: 'k', operation: 'createPost' }, effect)
      await expect(refused).rejects.toThrow('as for row-level security')
    }
    expect(await it.titles()).toEqual([])
    await db.post.create({ data: post('outside') })
    expect(await it.titles()).toEqual(['outside'])
  },
)

test('an effect of the client without the extension names the user itself', async () => {
  await using it = await world('a connection string')
  const { run } = createIdempotency({ adapter: prismaAdapter(it.plain) })
  const { value } = await run({ owner: 'ada', key: 'k', operation: 'createPost' }, async (tx) => {
    await tx.$executeRaw`select set_config('app.user', 'ada', true)`
    const [row] = await tx.$queryRaw<{ user: string }[]>`select current_setting('app.user') as user`
    return row?.user
  })
  expect(value).toBe('ada')
})
