import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { migrate } from './migrations/migrate.ts'
import { createPool } from './pool.ts'
import { createPrisma, inTransaction } from './prisma.ts'

/** A database with the defaults New York and SERIALIZABLE, behind a pooler in transaction mode. */
async function world() {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const direct = starting.adopt(createPool({ url: database.url, max: 2 }), (pool) => pool.end())
  const name = new URL(database.url).pathname.slice(1)
  await direct.query(`alter database ${name} set timezone = 'America/New_York'`)
  await direct.query(`alter database ${name} set default_transaction_isolation = 'serializable'`)
  const pooler = starting.use(await pgbouncerServer(database.url))
  const pool = starting.adopt(
    createPool({ url: pooler.url, pooler: 'transaction', lockTimeoutMs: 100 }),
    (each) => each.end(),
  )
  const running = starting.move()
  return {
    direct,
    database,
    pool,
    prisma: createPrisma(pool),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function todo(title: string) {
  const now = new Date('2026-03-04T05:06:07.089Z')
  return { ownerId: 'ada', id: crypto.randomUUID(), title, createdAt: now, updatedAt: now }
}

test('Prisma writes and reads dates in UTC, in a transaction and outside one, whatever the time zone of the database', async () => {
  await using it = await world()
  const { createdAt } = todo('milk')
  await inTransaction(it.prisma, (tx) => tx.todo.create({ data: todo('inside') }))
  await it.prisma.todo.create({ data: todo('outside') })
  const { rows } = await it.direct.query('select created_at from todo')
  expect(rows).toEqual([{ created_at: createdAt }, { created_at: createdAt }])
  expect(await it.prisma.todo.findMany()).toEqual([
    expect.objectContaining({ createdAt }),
    expect.objectContaining({ createdAt }),
  ])
})

test('every transaction and every single statement has the settings of the pool', async () => {
  await using it = await world()
  const look = `select current_setting('timezone') as zone, current_setting('lock_timeout') as lock,
    current_setting('statement_timeout') as statement, current_setting('transaction_isolation') as isolation`
  const settled = [{ zone: 'UTC', lock: '100ms', statement: '3s', isolation: 'read committed' }]
  expect((await it.pool.query(look)).rows).toEqual(settled)
  expect((await it.pool.query({ text: `${look} where $1`, values: [true] })).rows).toEqual(settled)
  expect(await inTransaction(it.prisma, (_, query) => query(look, []))).toEqual(settled)
  const client = await it.pool.connect()
  await client.query('begin')
  expect((await client.query(look)).rows).toEqual(settled)
  await client.query('commit')
  client.release()
})

test('a lock wait times out, and the session is returned without the settings', async () => {
  await using it = await world()
  const holder = await it.direct.connect()
  await holder.query('begin; lock table todo')
  await expect(it.pool.query('insert into todo select')).rejects.toMatchObject({ code: '55P03' })
  await holder.query('rollback')
  holder.release()
  const { rows } = await it.direct.query(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and state like 'idle in transaction%'`,
  )
  expect(rows).toEqual([{ n: 0 }])
  expect((await it.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('twenty concurrent statements of one name, over two sessions, are all answered', async () => {
  await using it = await world()
  const named = { name: 'named', text: 'select $1::int as n', values: [1] }
  const answers = await Promise.all(Array.from({ length: 20 }, () => it.pool.query(named)))
  expect(answers.flatMap(({ rows }) => rows)).toEqual(Array(20).fill({ n: 1 }))
})

test('a single statement is committed when it is answered and rolled back when it fails', async () => {
  await using it = await world()
  await it.pool.query('create table made (n int unique deferrable initially deferred)')
  expect((await it.pool.query('insert into made values (1)')).rowCount).toBe(1)
  await expect(it.pool.query('insert into made values (1)')).rejects.toMatchObject({
    code: '23505',
  })
  expect((await it.direct.query('select n from made')).rows).toEqual([{ n: 1 }])
})

test('no migration runs through the pooler, and the missing ones are named', async () => {
  await using it = await world()
  await using pooler = await pgbouncerServer(it.database.url)
  const settings = { url: pooler.url, pooler: 'transaction' as const }
  expect(await migrate(settings)).toEqual({ applied: [] })
  await it.direct.query('drop table _prisma_migrations')
  await expect(migrate(settings)).rejects.toThrow(/lacks .*idem migrate/)
  const locks = `select count(*)::int as n from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`
  expect((await it.direct.query(locks)).rows).toEqual([{ n: 0 }])
})

test.each([
  ['refuses start-up options', []],
  ['ignores start-up options', ['ignore_startup_parameters = options']],
])(
  'without IDEM_POOLER a pooler that %s gives an error, not a wrong time zone',
  async (_, lines) => {
    await using it = await world()
    await using pooler = await pgbouncerServer(it.database.url, lines)
    const pool = createPool({ url: pooler.url, max: 1 })
    await expect(pool.query('select 1')).rejects.toThrow(/options/)
    await pool.end()
  },
)
