import { scratchDatabase } from '@idem/test-support/scratch-database'
import type pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { startDatabaseClock } from './clock.ts'
import { createPool } from './pool.ts'

const hour = 3_600_000

afterEach(() => vi.useRealTimers())

/** A database whose clock is `ahead` of this computer; it answers immediately or never. */
function fakePool() {
  const database = { ahead: 0, broken: false, asked: 0, has_accounts: false }
  const client = {
    query() {
      database.asked += 1
      if (database.broken) return Promise.reject(new Error('Connection terminated'))
      const { has_accounts } = database
      return Promise.resolve({ rows: [{ ms: Date.now() + database.ahead, has_accounts }] })
    },
    release() {},
  }
  const connect = () => Promise.resolve(client)
  return { database, pool: { connect } as unknown as pg.Pool }
}

test('the clock agrees with the database to a few milliseconds, whatever the clock of this computer', async () => {
  await using scratch = await scratchDatabase()
  await using pool = Object.assign(createPool({ url: scratch.url, max: 1 }), {
    [Symbol.asyncDispose]: () => pool.end(),
  })
  vi.useFakeTimers({ now: Date.now() - hour, toFake: ['Date'] })
  const clock = await startDatabaseClock(pool)
  const { rows } = await pool.query('select clock_timestamp() as now')
  expect(Math.abs(clock.now().getTime() - rows[0].now.getTime())).toBeLessThan(500)
  clock.stop()
})

test('a step of either clock is followed at the next refresh', async () => {
  vi.useFakeTimers()
  const { pool, database } = fakePool()
  const clock = await startDatabaseClock(pool)
  database.ahead = hour
  await vi.advanceTimersByTimeAsync(30_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(hour, -2)
  clock.stop()
})

test('the clock is monotonic under a correction of up to five seconds', async () => {
  vi.useFakeTimers()
  const { pool, database } = fakePool()
  database.ahead = hour
  const clock = await startDatabaseClock(pool)
  await vi.advanceTimersByTimeAsync(29_000)
  const before = clock.now()
  database.ahead = hour - 4_000
  await vi.advanceTimersByTimeAsync(1_000)
  expect(clock.now()).toEqual(before)
  vi.advanceTimersByTime(4_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(hour - 4_000, -2)
  clock.stop()
})

test.for([
  ['one wrong sample 400 days ahead', 400 * 24 * hour],
  ['a database clock that was a minute ahead and is set right', 60_000],
] as const)('%s is followed back at the next refresh', async ([, ahead]) => {
  vi.useFakeTimers()
  const { pool, database } = fakePool()
  const clock = await startDatabaseClock(pool)
  database.ahead = ahead
  await vi.advanceTimersByTimeAsync(30_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(ahead, -2)
  database.ahead = 0
  await vi.advanceTimersByTimeAsync(30_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(0, -2)
  // The clock continues from there instead of holding its last value.
  vi.advanceTimersByTime(5_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(0, -2)
  clock.stop()
})

test('a failed refresh keeps the last offset and is repeated', async () => {
  vi.useFakeTimers()
  const { pool, database } = fakePool()
  database.ahead = hour
  const clock = await startDatabaseClock(pool)
  database.broken = true
  await vi.advanceTimersByTimeAsync(30_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(hour, -2)
  database.broken = false
  database.ahead = 2 * hour
  await vi.advanceTimersByTimeAsync(30_000)
  expect(clock.now().getTime() - Date.now()).toBeCloseTo(2 * hour, -2)
  clock.stop()
})

test('the first account of another process is known after the next refresh', async () => {
  vi.useFakeTimers()
  const { pool, database } = fakePool()
  const onAccounts = vi.fn()
  const clock = await startDatabaseClock(pool, onAccounts)
  database.has_accounts = true
  await vi.advanceTimersByTimeAsync(29_000)
  expect(onAccounts).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(onAccounts).toHaveBeenCalledTimes(1)
  clock.stop()
})

test('a stopped clock sends no further queries', async () => {
  vi.useFakeTimers()
  const { pool, database } = fakePool()
  const clock = await startDatabaseClock(pool)
  clock.stop()
  const { asked } = database
  await vi.advanceTimersByTimeAsync(120_000)
  expect(database.asked).toBe(asked)
})

test('a clock that cannot be read at startup is an error', async () => {
  const { pool, database } = fakePool()
  database.broken = true
  await expect(startDatabaseClock(pool)).rejects.toThrow('Connection terminated')
})
