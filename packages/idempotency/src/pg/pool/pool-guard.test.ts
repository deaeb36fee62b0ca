import { once } from 'node:events'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createWorld } from '../../test-world.ts'
import { guardPool } from './pool-guard.ts'

async function world() {
  const scratch = await createWorld()
  const pool = guardPool(new pg.Pool({ connectionString: scratch.url, max: 1 }))
  // A client that the guard ends may still exist when its database is dropped.
  pool.on('error', () => undefined)
  return {
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

test('a client released inside a transaction is destroyed, and the next one is new', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin')
  const removed = once(it.pool, 'remove')
  client.release()
  expect(it.pool.totalCount).toBe(0)
  await removed
  const next = await it.pool.connect()
  expect(next).not.toBe(client)
  next.release()
})

test('a pool that is guarded twice checks each client once', async () => {
  await using it = await world()
  const listeners = () => it.pool.listenerCount('release')
  const before = listeners()
  expect(guardPool(guardPool(it.pool))).toBe(it.pool)
  expect(listeners()).toBe(before)
})

test('a client released in a failed transaction is destroyed', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin')
  await expect(client.query('select 1 / 0')).rejects.toThrow('division by zero')
  client.release()
  expect(it.pool.totalCount).toBe(0)
})

test('a client released with a statement still running is destroyed', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  const running = client.query('select pg_sleep(10)')
  client.release()
  expect(it.pool.totalCount).toBe(0)
  await expect(running).rejects.toThrow('Connection terminated')
})

test('a client whose COMMIT failed is destroyed, though it is idle again', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('create temporary table parent (id int primary key)')
  await client.query(
    'create temporary table child (id int references parent deferrable initially deferred)',
  )
  await client.query('begin')
  await client.query('insert into child values (1)')
  await expect(client.query('commit')).rejects.toMatchObject({ code: '23503' })
  await client.query('select')
  client.release()
  expect(it.pool.totalCount).toBe(0)
})

test('a client released in order is used again', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin')
  await client.query('commit')
  client.release()
  await it.pool.query('select 1')
  const again = await it.pool.connect()
  expect(again).toBe(client)
  again.release()
})

test('a request that waits for a client gets one when a destroyed one makes room', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin')
  const waiting = it.pool.query('select 1 as one')
  client.release()
  expect((await waiting).rows).toEqual([{ one: 1 }])
})

test('a commit that the database answered with a rollback is an error', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin')
  await client.query('select 1 / 0').catch(() => {})
  await expect(client.query('commit')).rejects.toMatchObject({ code: '25P02' })
  client.release()
})

test('a statement of its own kind may end without a result', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  const error = await new Promise((callback) => {
    const statement = new pg.Query('select 1')
    client.query(Object.assign(statement, { callback, handleReadyForQuery: () => end(statement) }))
  })
  client.release()
  expect(error).toBeUndefined()
})

function end(statement: object): void {
  const { callback } = statement as { callback(error: null): void }
  callback(null)
}

/** PostgreSQL's notice, in German, because PostgreSQL translates even the severity. */
const standbyMissing = { code: '01000', severity: 'WARNUNG', routine: 'SyncRepWaitForLSN' }

test('a commit that a synchronous standby may not have is an error, for every kind of call', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  client.emit('notice', standbyMissing)
  await expect(client.query('select 1')).rejects.toMatchObject({ code: '01000' })
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  client.emit('notice', standbyMissing)
  client.release()
  await expect(it.pool.query('select 1')).rejects.toMatchObject({ code: '01000' })
})

test('another warning changes nothing', async () => {
  await using it = await world()
  const warning = `do $$ begin raise warning 'The database must be vacuumed.'; end $$`
  expect((await it.pool.query(warning)).command).toBe('DO')
})

test('a session that takes no writes is not used again', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('set default_transaction_read_only = on')
  await client.query('begin')
  await expect(client.query('create table t ()')).rejects.toMatchObject({ code: '25006' })
  await client.query('rollback')
  client.release()
  expect(it.pool.totalCount).toBe(0)
})
