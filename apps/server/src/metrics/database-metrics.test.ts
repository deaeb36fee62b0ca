import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { databaseMetrics } from './database-metrics.ts'

async function world({ freshMs }: { freshMs: number }) {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url, max: 2 })
  const registry = new Registry()
  const state = { asked: 0, away: false }
  const refresh = databaseMetrics(registry, {
    freshMs,
    canWrite: async () => !state.away,
    async query(text, values) {
      state.asked += 1
      if (state.away) throw new Error('The database is away.')
      return (await pool.query(text, [...values])).rows
    },
  })
  return {
    pool,
    state,
    refresh,
    /** The series with a value, as `idem_records 2`. */
    async shown() {
      await refresh()
      return (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line))
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

const addRecords = (count: number) => `
  insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
  select 'ann', 'k' || at, 'make', sha256('x'), '{}', now() - interval '3 hours'
  from generate_series(1, ${count}) as at`

test('an empty table shows no records and age 0', async () => {
  await using it = await world({ freshMs: 0 })
  expect(await it.shown()).toEqual([
    'idem_records 0',
    'idem_oldest_record_age_seconds 0',
    'idem_ready 1',
  ])
})

test('few records are counted exactly, with the age of the oldest', async () => {
  await using it = await world({ freshMs: 0 })
  await it.pool.query(addRecords(3))
  const [records, oldest] = await it.shown()
  expect(records).toBe('idem_records 3')
  expect(Math.round(Number(oldest?.split(' ')[1]) / 60)).toBe(180)
})

test('a record whose key is ahead of the clock has age 0', async () => {
  await using it = await world({ freshMs: 0 })
  await it.pool.query(addRecords(1))
  await it.pool.query(`update idem.idempotency_record set created_at = now() + interval '1 hour'`)
  expect((await it.shown())[1]).toBe('idem_oldest_record_age_seconds 0')
})

test("many records show the planner's estimate", async () => {
  await using it = await world({ freshMs: 0 })
  await it.pool.query(addRecords(12_000))
  await it.pool.query('analyze idem.idempotency_record')
  expect((await it.shown())[0]).toBe('idem_records 12000')
})

test('fresh values are shown without a further query', async () => {
  await using it = await world({ freshMs: 60_000 })
  await Promise.all(Array.from({ length: 20 }, () => it.shown()))
  await it.shown()
  expect(it.state.asked).toBe(1)
})

test('values that the database does not return are removed', async () => {
  await using it = await world({ freshMs: 0 })
  expect(await it.shown()).toHaveLength(3)
  it.state.away = true
  expect(await it.shown()).toEqual(['idem_ready 0'])
  it.state.away = false
  expect(await it.shown()).toHaveLength(3)
})

test('a scrape does not wait for a database that does not respond', async () => {
  const begun = performance.now()
  const never = () => new Promise<never>(() => undefined)
  const registry = new Registry()
  await databaseMetrics(registry, { query: never, canWrite: never })()
  expect(performance.now() - begun).toBeLessThan(4_000)
  expect((await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line))).toEqual([])
})
