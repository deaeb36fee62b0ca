import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { scheduleReconcile } from './reconcile-schedule.ts'

async function world() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url, max: 1 })
  const lines: Record<string, unknown>[] = []
  const found: unknown[] = []
  const schedule = scheduleReconcile({
    url: database.url,
    policy: { retentionHours: 24 },
    log: pino({}, { write: (line) => void lines.push(JSON.parse(line)) }),
    onReconciled: (each) => found.push(each),
  })
  return {
    pool,
    lines,
    found,
    schedule,
    async [Symbol.asyncDispose]() {
      await schedule.stop()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

const nothing = { duplicates: 0, keysWithoutEffect: 0, effectsWithoutKey: 0 }

test('matching keys and effects give no findings', async () => {
  await using it = await world()
  await it.schedule.trigger()
  expect(it.found).toEqual([nothing])
  expect(it.lines).toMatchObject([{ level: 30, msg: 'reconciled', ...nothing }])
})

test('an effect without its key is logged as an error', async () => {
  await using it = await world()
  await it.pool.query(`
    insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    values ('local', gen_random_uuid(), 'milk', 'k', now(), now())`)
  await it.schedule.trigger()
  expect(it.found).toEqual([{ ...nothing, effectsWithoutKey: 1 }])
  expect(it.lines).toMatchObject([{ level: 50, effectsWithoutKey: 1 }])
})

test('a failed comparison is repeated the next night', async () => {
  await using it = await world()
  await it.pool.query('alter table todo rename to todo_away')
  await it.schedule.trigger()
  expect(it.found).toEqual([])
  expect(it.lines).toMatchObject([{ level: 40, msg: 'reconciling failed' }])
  await it.pool.query('alter table todo_away rename to todo')
  await it.schedule.trigger()
  expect(it.found).toEqual([nothing])
})

test('a comparison in progress does not delay stop', async () => {
  await using it = await world()
  const client = await it.pool.connect()
  await client.query('begin; lock table todo in access exclusive mode')
  const triggered = it.schedule.trigger()
  for (;;) {
    const { rows } = await client.query(
      `select from pg_locks where not granted and relation = 'todo'::regclass`,
    )
    if (rows.length > 0) break
  }
  await it.schedule.stop()
  await triggered
  expect(it.found).toEqual([])
  await client.query('rollback')
  client.release()
})
