import { sqlStateOf } from '@idem/idempotency/server'
import { postgresProxy } from '@idem/test-support/postgres-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createPool } from './pool.ts'
import { createPrisma, inTransaction } from './prisma.ts'

const milk = {
  ownerId: 'ada',
  id: '019ab000-0000-7000-8000-000000000001',
  title: 'milk',
  createdAt: new Date(),
  updatedAt: new Date(),
}

async function world({ max = 3 } = {}) {
  const scratch = await scratchDatabase()
  const proxy = await postgresProxy(scratch.url)
  const pool = createPool({ url: proxy.url, max, lockTimeoutMs: 50 })
  const prisma = createPrisma(pool)
  return {
    scratch,
    proxy,
    pool,
    prisma,
    /** The state read from what the work rejects with. */
    stateOf: (work: Promise<unknown>) => work.then(() => 'no error', sqlStateOf),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await proxy[Symbol.asyncDispose]()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

test('a unique violation is 23505 from pg, a model, a raw statement', async () => {
  await using it = await world()
  await it.prisma.todo.create({ data: milk })
  const again = `insert into todo (owner_id, id, title, created_at, updated_at)
    select owner_id, id, title, created_at, updated_at from todo`
  expect(await it.stateOf(it.pool.query(again))).toBe('23505')
  expect(await it.stateOf(it.prisma.todo.create({ data: milk }))).toBe('23505')
  expect(await it.stateOf(inTransaction(it.prisma, (_, query) => query(again, [])))).toBe('23505')
})

test('a lock that was not free in time is 55P03', async () => {
  await using it = await world()
  await it.prisma.todo.create({ data: milk })
  const other = createPrisma(it.pool)
  await inTransaction(it.prisma, async (tx, query) => {
    await tx.todo.updateMany({ data: { title: 'bread' } })
    expect(await it.stateOf(it.pool.query(`update todo set title = 'x'`))).toBe('55P03')
    expect(await it.stateOf(other.todo.updateMany({ data: { title: 'x' } }))).toBe('55P03')
    await query('select 1', [])
  })
})

test('a deadlock is 40P01 for the one that is chosen to end it', async () => {
  await using it = await world()
  const other = { ...milk, id: '019ab000-0000-7000-8000-000000000002' }
  await it.prisma.todo.createMany({ data: [milk, other] })
  const touch = `update todo set title = 'x' where id = $1::uuid`
  const both = [deferred(), deferred()] as const
  const inOrder = (first: string, second: string, at: 0 | 1) =>
    inTransaction(it.prisma, async (_, query) => {
      await query('set local lock_timeout = 0', [])
      await query(`set local deadlock_timeout = '10ms'`, [])
      await query(touch, [first])
      both[at].resolve()
      await both[at === 0 ? 1 : 0].promise
      return query(touch, [second])
    })
  const states = await Promise.all([
    it.stateOf(inOrder(milk.id, other.id, 0)),
    it.stateOf(inOrder(other.id, milk.id, 1)),
  ])
  expect(states.sort()).toEqual(['40P01', 'no error'])
})

test('a session ended by an operator is 57P01 while a statement runs, and a lost connection after', async () => {
  await using it = await world()
  const ended = inTransaction(it.prisma, async (_, query) => {
    const [session] = await query('select pg_backend_pid() as pid', [])
    const state = it.stateOf(query('select pg_sleep(10)::text', []))
    await running(it.pool, 'pg_sleep(10)')
    await it.pool.query('select pg_terminate_backend($1)', [session?.pid])
    expect(await state).toBe('57P01')
    return query('select 1', [])
  })
  expect(await it.stateOf(ended)).toBe('connection_lost')
})

test('a lost connection has the code of the socket error, from pg and from Prisma', async () => {
  await using it = await world()
  for (const ask of [
    () => it.pool.query(`select 'cut me'`),
    () => it.prisma.$queryRaw`select 'cut me'`,
    () => inTransaction(it.prisma, (_, query) => query(`select 'cut me'`, [])),
  ]) {
    void it.proxy.strike(/cut me/, 'cut_before')
    expect(await it.stateOf(ask())).toBe('ECONNRESET')
  }
})

test('waiting for a connection in vain is pool_wait, from pg, a model, a transaction', async () => {
  await using it = await world({ max: 1 })
  const client = await it.pool.connect()
  const states = await Promise.all([
    it.stateOf(it.pool.query('select 1')),
    it.stateOf(it.prisma.todo.count()),
    it.stateOf(inTransaction(it.prisma, (tx) => tx.todo.count())),
  ])
  client.release()
  expect(states).toEqual(['pool_wait', 'pool_wait', 'pool_wait'])
})

test('a server that takes no connections is ECONNREFUSED, or ENOENT when its socket is gone', async () => {
  const refused = createPool({ url: 'postgresql://a:b@127.0.0.1:1/none' })
  const gone = createPool({ url: 'postgresql://a:b@localhost/none?host=/nowhere' })
  const statesOf = async (pool: pg.Pool) => [
    await pool.query('select 1').catch(sqlStateOf),
    await createPrisma(pool).todo.count().catch(sqlStateOf),
    await inTransaction(createPrisma(pool), (tx) => tx.todo.count()).catch(sqlStateOf),
  ]
  expect(await statesOf(refused)).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED'])
  expect(await statesOf(gone)).toEqual(['ENOENT', 'ENOENT', 'ENOENT'])
})

test('a server that gives no answer is ETIMEDOUT', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  const query = { text: 'select pg_sleep(1)', query_timeout: 20 }
  expect(await it.stateOf(client.query(query))).toBe('ETIMEDOUT')
  client.release()
})

test('a transaction that Prisma itself ran out of patience with is 57014, like a cancelled statement', async () => {
  await using it = await world()
  const slow = it.prisma.$transaction(
    async (tx) => {
      await tx.$queryRaw`select pg_sleep(0.1)::text`
      return tx.todo.count()
    },
    { timeout: 20 },
  )
  expect(await it.stateOf(slow)).toBe('57014')
})

test('two transactions that cannot both have come first are 40001 for the later one', async () => {
  await using it = await world()
  await it.prisma.todo.create({ data: milk })
  const increase = { data: { version: { increment: 1 } } }
  const later = it.prisma.$transaction(
    async (tx) => {
      await tx.todo.count()
      await it.prisma.todo.updateMany(increase)
      await tx.todo.updateMany(increase)
    },
    { isolationLevel: 'Serializable' },
  )
  expect(await it.stateOf(later)).toBe('40001')
})

test('a transaction that ended because its client disconnected is connection_lost', async () => {
  await using it = await world()
  const closed = it.prisma.$transaction(async (tx) => {
    await tx.todo.create({ data: milk })
    await it.prisma.$disconnect()
    return tx.todo.count()
  })
  expect(await it.stateOf(closed)).toBe('connection_lost')
  expect(await it.prisma.todo.count()).toBe(0)
})

test('errors that are not about a database have no state', () => {
  expect(sqlStateOf(new Error('The milk is sour.'))).toBeUndefined()
  expect(sqlStateOf('23505')).toBeUndefined()
  expect(sqlStateOf(undefined)).toBeUndefined()
  expect(sqlStateOf(Object.assign(new Error('P'), { code: 'P2025' }))).toBeUndefined()
  expect(sqlStateOf(Object.assign(new pg.DatabaseError('', 0, 'error'), { code: 'P0001' }))).toBe(
    'P0001',
  )
  expect(sqlStateOf(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toBe('EPIPE')
})

function deferred() {
  return Promise.withResolvers<void>()
}

/** Waits until a session of this database is busy with a statement that holds the words. */
async function running(pool: pg.Pool, words: string): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()
       and datname = current_database()`,
      [`%${words}%`],
    )
    if (rowCount !== 0) return
  }
}
