import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { cancellableQuery } from './cancellable-query.ts'

async function world() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url, max: 1 })
  const stopping = new AbortController()
  return {
    pool,
    stopping,
    query: cancellableQuery({ pool, statementMs: 3_000, signal: stopping.signal }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

test('a query cancelled while it connects rejects, and the pool can end', async () => {
  await using it = await world()
  const asked = it.query('select pg_sleep(2)', [])
  it.stopping.abort()
  await expect(asked).rejects.toThrow('aborted')
  await it.pool.end()
})

test('a query cancelled while it runs rejects, and the pool can end', async () => {
  await using it = await world()
  await it.query('select 1', [])
  const asked = it.query('select pg_sleep(2)', [])
  asked.catch(() => {})
  await expect.poll(() => it.pool.idleCount).toBe(0)
  it.stopping.abort()
  await expect(asked).rejects.toThrow()
  await it.pool.end()
})

test('a query that is not cancelled returns its rows', async () => {
  await using it = await world()
  expect(await it.query('select $1::int as one', [1])).toEqual([{ one: 1 }])
  await it.pool.end()
})
