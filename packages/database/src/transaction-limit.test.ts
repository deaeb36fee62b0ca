import { setTimeout as pause } from 'node:timers/promises'
import { createIdempotency } from '@idem/idempotency'
import { prismaAdapter } from '@idem/idempotency/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { expect, test } from 'vitest'
import { type Prisma, PrismaClient } from './generated/client.ts'
import { createPrisma } from './prisma.ts'

type Tx = Prisma.TransactionClient

const limitMs = 300

async function world(connection: 'a pool' | 'a connection string' = 'a pool') {
  const scratch = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: scratch.url, max: 1 })
  pool.on('error', () => undefined)
  const adapters = new PrismaPg({ connectionString: scratch.url, max: 1 })
  const prisma =
    connection === 'a pool' ? createPrisma(pool) : new PrismaClient({ adapter: adapters })
  const adapter = prismaAdapter(prisma, { timeout: limitMs })
  return {
    prisma,
    adapter,
    idempotency: createIdempotency({ adapter, schema: 'public', rerun: true }),
    /** Statements on the todos wait until it is released. */
    async holdTodos() {
      const client = new pg.Client(scratch.url)
      await client.connect()
      await client.query('begin; lock table todo in access exclusive mode')
      return {
        release: () => client.query('rollback'),
        [Symbol.asyncDispose]: () => client.end(),
      }
    },
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

const intent = { owner: 'ada', key: 'k', operation: 'createTodo' }

async function create(tx: Tx) {
  const now = new Date('2026-03-04T05:06:07.089Z')
  const todo = { ownerId: 'ada', id: crypto.randomUUID(), title: 'milk' }
  await tx.todo.create({ data: { ...todo, createdAt: now, updatedAt: now } })
  return todo
}

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
      const todo = await create(tx)
      await wait(tx)
      return todo
    })
    await expect(slow).rejects.toThrow(
      'The effect took longer than the 0.3 s that its transaction may take, and was rolled back; make it shorter or raise `timeout` of prismaAdapter.',
    )
    expect(calls).toBe(1)
    expect(await it.prisma.todo.count()).toBe(0)
    expect((await it.idempotency.run(intent, create)).replayed).toBe(false)
  },
)

/** Several statements: Prisma reads the todo, and inserts another one. */
function upsert(tx: Tx) {
  const now = new Date('2026-03-04T05:06:07.089Z')
  const id = crypto.randomUUID()
  const create = { ownerId: 'ada', id: crypto.randomUUID(), title: 'milk', createdAt: now }
  return tx.todo.upsert({
    where: { ownerId_id: { ownerId: 'ada', id } },
    create: { ...create, updatedAt: now },
    update: {},
  })
}

test.for(['a pool', 'a connection string'] as const)(
  'a call that the limit interrupts writes nothing after the rollback, on %s',
  async (connection) => {
    await using it = await world(connection)
    await using held = await it.holdTodos()
    const slow = it.idempotency.run(intent, upsert)
    // Its first statement waits; the ROLLBACK waits behind it.
    await pause(2 * limitMs)
    await held.release()
    await expect(slow).rejects.toThrow('The effect took longer than the 0.3 s')
    expect(await it.prisma.todo.count()).toBe(0)
    await it.idempotency.run(intent, upsert)
    expect(await it.prisma.todo.count()).toBe(1)
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
    schema: 'public',
  })
  await expect(slow.outcomeOf(intent)).rejects.toMatchObject({ code: 'unavailable' })
})
