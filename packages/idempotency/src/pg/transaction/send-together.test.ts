import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { Statement } from '../../adapter.ts'
import { createWorld, messagesOf } from '../../test-world.ts'
import { begin, sendTogether } from './send-together.ts'

const send = (client: pg.ClientBase, ...statements: (string | Statement)[]) =>
  sendTogether(
    client,
    statements.map((each) => (typeof each === 'string' ? { text: each, values: [] } : each)),
    1_000,
  )

const insert = (...names: (string | null)[]): Statement => ({
  text: `insert into effect select name from unnest(array[${names.map((_, at) => `$${at + 1}::text`)}]) name
    where name is not null returning name`,
  values: names,
})

const named = (value: string): Statement => ({
  name: 'idem_make',
  text: 'insert into effect values ($1)',
  values: [value],
})

/** The named statements that the session of the client knows, and how often each was executed. */
async function preparedIn(client: pg.ClientBase) {
  const { rows } = await client.query(
    'select name, (generic_plans + custom_plans)::int as executed from pg_prepared_statements',
  )
  return rows
}

/** A client of a pool that is guarded or not. */
async function connected(settings: pg.PoolConfig & { readonly guarded?: boolean } = {}) {
  const world = await createWorld()
  const { guarded = true, ...config } = settings
  const pool = guarded
    ? world.openPool({ max: 1, ...config })
    : new pg.Pool({ connectionString: world.url, max: 1, ...config })
  // The database is dropped before the server has noticed the end of the connection.
  pool.on('error', () => undefined)
  const messages = messagesOf(pool)
  const client = await pool.connect()
  messages.take()
  let isReleased = false
  const release = () => {
    if (!isReleased) client.release()
    isReleased = true
  }
  return {
    world,
    pool,
    client,
    messages,
    release,
    async [Symbol.asyncDispose]() {
      release()
      if (!guarded) await pool.end()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('statements are sent in one message, in order, and each reports its rows', async () => {
  await using it = await connected()
  const counts = await send(
    it.client,
    'begin',
    insert('milk', null, "bread's \\ 🥛"),
    'savepoint effect',
    { text: 'update effect set name = $1::text where name = $2::text', values: ['oil', 'milk'] },
    { text: 'select $1::int, $2::bool, $3::text', values: [1, true, undefined] },
    'commit',
  )
  expect(counts).toEqual([0, 2, 0, 1, 1, 0])
  expect(it.messages.take()).toBe(1)
  const { rows } = await it.world.admin.query('select name from effect order by name')
  expect(rows).toEqual([{ name: "bread's \\ 🥛" }, { name: 'oil' }])
})

test('after a statement that fails none of the same message is executed', async () => {
  await using it = await connected()
  const failed = send(it.client, 'begin', insert('milk'), 'select 1 / 0', 'rollback', insert('oil'))
  await expect(failed).rejects.toMatchObject({ code: '22012' })
  await it.client.query('rollback')
  expect(await send(it.client, 'begin', insert('bread'), 'commit')).toEqual([0, 1, 0])
  expect(await it.world.effects()).toBe(1)
})

test('a COMMIT in a message is checked', async () => {
  await using it = await connected()
  // PostgreSQL sends this notice when the wait for a standby is given up.
  it.client.emit('notice', { code: '01000', routine: 'SyncRepWaitForLSN' })
  const unconfirmed = send(it.client, 'begin', insert('milk'), 'commit')
  await expect(unconfirmed).rejects.toMatchObject({ code: '01000' })
})

test('a client whose COMMIT in a message failed is destroyed', async () => {
  await using it = await connected()
  await it.client.query('create temporary table parent (id int primary key)')
  await it.client.query(
    'create temporary table child (id int references parent deferrable initially deferred)',
  )
  const failed = send(it.client, 'begin', 'insert into child values (1)', 'commit')
  await expect(failed).rejects.toMatchObject({ code: '23503' })
  it.release()
  expect(it.pool.totalCount).toBe(0)
})

test('a message without an answer is given up in time, and its client is destroyed', async () => {
  await using it = await connected()
  const silent = sendTogether(
    it.client,
    [
      { text: 'begin', values: [] },
      { text: 'select pg_sleep(2)', values: [] },
    ],
    50,
  )
  await expect(silent).rejects.toThrow('Query read timeout')
  it.release()
  expect(it.pool.totalCount).toBe(0)
})

test('a connection that ends in the middle of a message rejects it', async () => {
  await using it = await connected({ guarded: false })
  it.client.on('error', () => {})
  const ended = send(it.client, 'begin', 'select pg_terminate_backend(pg_backend_pid())', 'commit')
  await expect(ended).rejects.toMatchObject({ code: '57P01' })
})

test('a client whose query was replaced gets each statement by itself', async () => {
  await using it = await connected()
  const texts: unknown[] = []
  const query = it.client.query.bind(it.client) as (statement: unknown) => unknown
  Object.assign(it.client, {
    query: (statement: Statement) => texts.push(statement.text) && query(statement),
  })
  expect(await send(it.client, 'begin', insert('milk'), 'commit')).toEqual([0, 1, 0])
  expect(texts).toEqual(['begin', expect.stringContaining('insert into effect'), 'commit'])
})

test.for([
  ['a date among the values', {}, new Date('2026-01-02')],
  ['a client with the option pipeline', { pipeline: true }, 'milk'],
] as const)('%s needs a message for each statement', async ([_, settings, value]) => {
  await using it = await connected(settings)
  const statement = { text: 'insert into effect values ($1)', values: [value] }
  expect(await send(it.client, 'begin', statement, 'commit')).toEqual([0, 1, 0])
  expect(await it.world.effects()).toBe(1)
  expect(it.messages.take()).toBe(3)
})

test('a client outside a guarded pool sends one message too', async () => {
  await using it = await connected({ guarded: false })
  await send(it.client, 'begin', insert('milk'), 'commit')
  expect(it.messages.take()).toBe(1)
})

test('a session keeps the plan of a named statement', async () => {
  await using it = await connected()
  for (const name of ['milk', 'bread', 'oil']) {
    expect(await send(it.client, begin, named(name), 'commit')).toEqual([0, 1, 0])
  }
  expect(await it.world.effects()).toBe(3)
  // The first message asks whether the session belongs to the client.
  expect(await preparedIn(it.client)).toEqual([{ name: 'idem_make', executed: 2 }])
})

test('a statement that failed when it was prepared is prepared again', async () => {
  await using it = await connected()
  await send(it.client, begin, 'commit')
  const failed = send(it.client, begin, named('poison'))
  await expect(failed).rejects.toMatchObject({ code: '23514' })
  await it.client.query('rollback')
  expect(await send(it.client, begin, named('milk'), 'commit')).toEqual([0, 1, 0])
  expect(await preparedIn(it.client)).toEqual([{ name: 'idem_make', executed: 1 }])
})

test('a session that was reset gets statements without names', async () => {
  await using it = await connected()
  for (const reset of ['select', 'discard all', 'select', 'discard all']) {
    await it.client.query(reset)
    expect(await send(it.client, begin, named('milk'), 'commit')).toEqual([0, 1, 0])
  }
  expect(await it.world.effects()).toBe(4)
})

test('a session that was reset before a new statement is prepared again, also for its COMMIT', async () => {
  await using it = await connected()
  const other = { ...named('bread'), name: 'idem_other' }
  for (const first of [named('milk'), other]) {
    await it.client.query('discard all')
    await send(it.client, begin, first)
    expect(await send(it.client, { ...named('tea'), name: 'idem_answer' }, 'commit')).toEqual([
      1, 0,
    ])
  }
  expect(await it.world.effects()).toBe(4)
})

test('a name that was removed before COMMIT rolls back, and the next message has none', async () => {
  await using it = await connected()
  await send(it.client, begin, named('milk'), 'commit')
  await send(it.client, begin, named('bread'), 'deallocate all')
  await expect(send(it.client, named('oil'), 'commit')).rejects.toMatchObject({ code: '26000' })
  await it.client.query('rollback')
  await send(it.client, begin, 'select')
  expect(await send(it.client, named('tea'), 'commit')).toEqual([1, 0])
  expect(await it.world.effects()).toBe(2)
})

test('behind a pooler in transaction mode no statement has a name', async () => {
  await using world = await createWorld()
  // One session only: the last query reads the session that it gets, and of two perhaps the unused one.
  await using pooler = await pgbouncerServer(world.url, ['default_pool_size = 1'])
  const pool = new pg.Pool({ connectionString: pooler.url, max: 8 })
  const transactions = Array.from({ length: 100 }, async (_, at) => {
    const client = await pool.connect()
    await send(client, begin, named(`${at}`))
    await send(client, 'commit')
    client.release()
  })
  await Promise.all(transactions)
  expect(await world.effects()).toBe(100)
  const client = await pool.connect()
  const prepared = await preparedIn(client)
  client.release()
  await pool.end()
  expect(prepared).toEqual([])
})
