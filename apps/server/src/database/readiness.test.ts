import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test, vi } from 'vitest'
import { readinessCheck } from './readiness.ts'

async function world() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const batchPool = createPool({ url: database.url, max: 1 })
  const admin = createPool({ url: database.url, max: 1 })
  return {
    pool,
    batchPool,
    admin,
    canWrite: readinessCheck(pool, [batchPool]),
    async [Symbol.asyncDispose]() {
      await Promise.all([pool, batchPool, admin].map((each) => each.end()))
      await database[Symbol.asyncDispose]()
    },
  }
}

const fail = (state: string) => `do $$ begin raise exception using errcode = '${state}'; end $$`

test.each(['53100', '53200', '58030'])(
  'after %s the instance is not ready until it can create a table',
  async (state) => {
    await using it = await world()
    expect(await it.canWrite()).toBe(true)
    await it.admin.query(`
    create function no_room() returns event_trigger language plpgsql as
      $$ begin raise exception using errcode = '53100'; end $$;
    create event trigger no_room on ddl_command_start execute function no_room()`)
    expect(await it.canWrite()).toBe(true)
    await expect(it.batchPool.query(fail(state))).rejects.toThrow()
    expect(await it.canWrite()).toBe(false)
    await it.admin.query('drop event trigger no_room')
    expect(await it.canWrite()).toBe(true)
  },
)

test('other errors do not affect readiness', async () => {
  await using it = await world()
  await expect(it.pool.query(fail('22012'))).rejects.toThrow()
  expect(await it.canWrite()).toBe(true)
})

test('a read-only session is destroyed, by the query that meets it and by the readiness check', async () => {
  await using it = await world()
  const session = async () => {
    const client = await it.pool.connect()
    await client.query('set default_transaction_read_only = on')
    return client
  }
  const [met, seen] = [await session(), await session()]
  await met.query('begin')
  await expect(met.query('create table t ()')).rejects.toMatchObject({ code: '25006' })
  await met.query('rollback')
  met.release()
  seen.release()
  expect(it.pool.totalCount).toBe(1)
  expect(await it.canWrite()).toBe(false)
  expect(it.pool.totalCount).toBe(0)
  expect(await it.canWrite()).toBe(true)
})

test('probes that arrive during a check share it, and the next one checks again', async () => {
  await using it = await world()
  const connect = vi.spyOn(it.pool, 'connect')
  const flood = await Promise.all(Array.from({ length: 500 }, () => it.canWrite()))
  expect(new Set(flood)).toEqual(new Set([true]))
  expect(connect).toHaveBeenCalledTimes(1)
  await it.canWrite()
  expect(connect).toHaveBeenCalledTimes(2)
})
