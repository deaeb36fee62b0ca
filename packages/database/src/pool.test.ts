import { once } from 'node:events'
import { guardPool } from '@idem/idempotency/pg'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createPool } from './pool.ts'
import { createPrisma } from './prisma.ts'

async function world(make: (url: string) => pg.Pool = (url) => createPool({ url, max: 1 })) {
  const scratch = await scratchDatabase()
  const pool = make(scratch.url)
  return {
    url: scratch.url,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

/** The titles that a separate connection reads. */
async function titlesIn(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('select title from todo order by title')
  await client.end()
  return rows.map(({ title }) => title)
}

/**
 * A statement hangs for longer than the client waits, and the ROLLBACK queued behind it times out and
 * is never sent. When the statement ends, five writes are acknowledged and the pool is closed.
 */
async function writeAfterTimedOutRollback(url: string, guard: (pool: pg.Pool) => pg.Pool) {
  const pool = guard(new pg.Pool({ connectionString: url, max: 1, query_timeout: 150 }))
  const prisma = createPrisma(pool)
  const blocker = new pg.Client({ connectionString: url })
  await blocker.connect()
  await blocker.query('select pg_advisory_lock(1)')
  const hanging = prisma.$transaction((tx) => tx.$executeRaw`select pg_advisory_xact_lock(1)`)
  await expect(hanging).rejects.toThrow('Query read timeout')
  await blocker.end()
  for (const title of ['1', '2', '3', '4', '5']) {
    await prisma.todo.create({ data: todo(title) })
  }
  await pool.end()
}

function todo(title: string) {
  const now = new Date()
  return { ownerId: 'ada', id: crypto.randomUUID(), title, createdAt: now, updatedAt: now }
}

test('without the guard, one timed-out rollback loses the next five acknowledged writes', async () => {
  await using scratch = await scratchDatabase()
  await writeAfterTimedOutRollback(scratch.url, (pool) => pool)
  expect(await titlesIn(scratch.url)).toEqual([])
})

test('with the guard, a timed-out rollback loses no acknowledged write', async () => {
  await using scratch = await scratchDatabase()
  await writeAfterTimedOutRollback(scratch.url, guardPool)
  expect(await titlesIn(scratch.url)).toEqual(['1', '2', '3', '4', '5'])
})

test('a client released inside a transaction is destroyed and replaced', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin')
  const removed = once(it.pool, 'remove')
  client.release()
  expect(it.pool.totalCount).toBe(0)
  await removed
  const next = await it.pool.connect()
  expect(next.getTransactionStatus()).toBe('I')
  expect(next).not.toBe(client)
  next.release()
  expect(it.pool.idleCount).toBe(1)
})

test('the time-outs nest: lock before statement before idle transaction', async () => {
  await using it = await world()
  const { rows } = await it.pool.query(
    `select name, setting::int from pg_settings where name in
     ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout')`,
  )
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    lock_timeout: 1500,
    statement_timeout: 3000,
    idle_in_transaction_session_timeout: 5000,
  })
})

test('every session has UTC and READ COMMITTED, whatever the defaults of the database or the URL', async () => {
  const settled = (url: string) =>
    createPool({ url: `${url}&options=-c%20timezone%3DAsia/Tokyo`, lockTimeoutMs: 50 })
  await using it = await world(settled)
  const name = new URL(it.url).pathname.slice(1)
  await it.pool.query(`alter database ${name} set timezone = 'America/New_York'`)
  await it.pool.query(`alter database ${name} set default_transaction_isolation = 'serializable'`)
  await using fresh = await world(() => settled(it.url))
  const { rows } = await fresh.pool.query(
    `select current_setting('timezone') as zone, current_setting('lock_timeout') as lock,
     current_setting('transaction_isolation') as isolation`,
  )
  expect(rows).toEqual([{ zone: 'UTC', lock: '50ms', isolation: 'read committed' }])
})

test('time-outs of the pool override those in the URL, and other options of the URL are kept', async () => {
  const options =
    '-c search_path=elsewhere -c lock_timeout=1 -c default_transaction_isolation=serializable'
  const shadowed = 'lock_timeout=1&statement_timeout=1&idle_in_transaction_session_timeout=1'
  await using it = await world((url) =>
    createPool({ url: `${url}&${shadowed}&options=${encodeURIComponent(options)}`, max: 1 }),
  )
  const { rows } = await it.pool.query(
    `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
     current_setting('idle_in_transaction_session_timeout') as idle,
     current_setting('transaction_isolation') as isolation, current_setting('search_path') as path`,
  )
  expect(rows).toEqual([
    { lock: '1500ms', statement: '3s', idle: '5s', isolation: 'read committed', path: 'elsewhere' },
  ])
})

test('RESET ALL and DISCARD ALL keep the time-outs and UTC', async () => {
  await using it = await world()
  for (const reset of ['reset all', 'discard all']) {
    await it.pool.query(reset)
    const { rows } = await it.pool.query(
      `select current_setting('lock_timeout') as lock, current_setting('timezone') as zone`,
    )
    expect(rows).toEqual([{ lock: '1500ms', zone: 'UTC' }])
  }
})

test('a lost idle client does not affect the process and the pool', async () => {
  await using it = await world((url) => createPool({ url, max: 2 }))
  const [doomed, other] = await Promise.all([it.pool.connect(), it.pool.connect()])
  const { rows } = await doomed.query('select pg_backend_pid() as pid')
  doomed.release()
  const died = new Promise((resolve) => it.pool.once('remove', resolve))
  await other.query('select pg_terminate_backend($1)', [rows[0].pid])
  await died
  other.release()
  expect((await it.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('a lost checked-out client rejects its statement and does not end the process', async () => {
  await using scratch = await scratchDatabase()
  const pool = createPool({ url: scratch.url, max: 2 })
  const client = await pool.connect()
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const closed = new Promise<void>((resolve) => client.once('end', () => resolve()))
  await pool.query('select pg_terminate_backend($1)', [rows[0].pid])
  await closed
  await expect(client.query('select')).rejects.toThrow()
  client.release()
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test('sessions have an application name', async () => {
  await using it = await world((url) => createPool({ url, applicationName: 'idem groups' }))
  const { rows } = await it.pool.query(`select current_setting('application_name') as name`)
  expect(rows).toEqual([{ name: 'idem groups' }])
})
