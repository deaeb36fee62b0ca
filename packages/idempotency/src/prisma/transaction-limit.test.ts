import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import type { Prisma } from './generated/client.ts'
import { prismaAdapter } from './prisma-adapter.ts'
import { type Connection, post, postWorld } from './test-prisma.ts'

type Tx = Prisma.TransactionClient

const limitMs = 300

async function world(connection?: Connection) {
  const posts = await postWorld({ max: 1, connection })
  const adapter = prismaAdapter(posts.plain, { timeout: limitMs })
  return {
    ...posts,
    adapter,
    idempotency: createIdempotency({ adapter, rerun: true }),
    /** Statements on the posts wait until it is released. */
    async holdTodos() {
      const client = new pg.Client(posts.url)
      await client.connect()
      await client.query('begin; lock table public.post in access exclusive mode')
      return {
        release: () => client.query('rollback'),
        [Symbol.asyncDispose]: () => client.end(),
      }
    },
  }
}

const intent = { owner: 'ada', key: 'k', operation: 'createPost' }

const create = (tx: Tx) => tx.post.create({ data: post('milk') })

test.for([
  ['computes', () => pause(2 * limitMs)],
  ['waits for the database', (tx: Tx) => tx.$queryRaw`select pg_sleep(0.6)::text`],
  ['computes, and then asks the database', (tx: Tx) => pause(2 * limitMs).then(() => create(tx))],
] as const)(
  'an effect that %s for longer than its transaction may take runs once, and the error names the limit',
  async ([, wait]) => {
    await using it = await world()
    let calls = 0
    const slow = it.idempotency.run(intent, async (tx) => {
      calls += 1
      const post = await create(tx)
      await wait(tx)
      return post
    })
    await expect(slow).rejects.toThrow(
      'The effect took longer than the 0.3 s that its transaction may take, and was rolled back; make it shorter or raise `timeout` of prismaAdapter.',
    )
    expect(calls).toBe(1)
    expect(await it.titles()).toEqual([])
    expect((await it.idempotency.run(intent, create)).replayed).toBe(false)
  },
)

/** Several statements: Prisma reads the post, and inserts another one. */
const upsert = (tx: Tx) =>
  tx.post.upsert({ where: { id: crypto.randomUUID() }, create: post('milk'), update: {} })

test.for(['a pool', 'a connection string'] as const)(
  'a call that the limit interrupts writes nothing after the rollback, on %s',
  async (connection) => {
    await using it = await world(connection)
    await using held = await it.holdTodos()
    const slow = expect(it.idempotency.run(intent, upsert)).rejects.toThrow(
      'The effect took longer than the 0.3 s',
    )
    // The first statement waits; the ROLLBACK waits behind it.
    await pause(2 * limitMs)
    await held.release()
    await slow
    expect(await it.titles()).toEqual([])
    await it.idempotency.run(intent, upsert)
    expect(await it.titles()).toEqual(['milk'])
  },
)

test('a read of an outcome that takes too long is unavailable, as it has no effect that could be shorter', async () => {
  await using it = await world()
  const { adapter } = it
  const slow = createIdempotency({
    adapter: {
      ...adapter,
      transaction: (work) =>
        adapter.transaction(async (tx, query) => {
          await query('select pg_sleep(0.6)::text', [])
          return work(tx, query)
        }),
    },
  })
  await expect(slow.outcomeOf(intent)).rejects.toMatchObject({ code: 'unavailable' })
})
