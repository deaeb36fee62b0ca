import { expiredRows } from '@idem/accounts/expired-rows'
import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { maintenanceMetrics } from '../metrics/maintenance-metrics.ts'
import { scheduleCleaning } from './cleaning-schedule.ts'

/** Old keys and tombstones, and a cleaning whose statements can fail. */
async function world(mayRun: (text: string) => boolean) {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url, max: 1 })
  await pool.query(`
    insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
      select 'local', 'k' || n, true, now() - interval '3 days' from generate_series(1, 1500) as n;
    insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
      values ('local', gen_random_uuid(), 'x', now(), now(), now() - interval '2 years');
    insert into auth_user (id, owner, name, email) values ('ann', 'local', 'Ann', 'ann@todo.example');
    insert into auth_session (id, user_id, token, expires_at)
      select n, 'ann', n, now() + n * interval '1 hour' from generate_series(-1, 1, 2) as n;
    insert into auth_verification (id, identifier, value, expires_at)
      select n, 'x', 'x', now() + n * interval '1 hour' from generate_series(-1, 1, 2) as n;
    insert into invite (token, expires_at)
      select n, now() + n * interval '1 hour' from generate_series(-1, 1, 2) as n;
    insert into sign_in_attempt (subject, attempts, started_at)
      select n, 1, now() - n * interval '40 minutes' from generate_series(1, 2) as n`)
  const lines: Record<string, unknown>[] = []
  const registry = new Registry()
  const stop = scheduleCleaning({
    query: async (text, values) => {
      if (!mayRun(text)) throw new Error('The connection is gone.')
      return (await pool.query(text, [...values])).rows
    },
    policy: { retentionHours: 24 },
    tombstoneRetentionDays: 365,
    expiredRows,
    log: pino({}, { write: (line) => void lines.push(JSON.parse(line)) }),
    metrics: maintenanceMetrics(registry),
  })
  return {
    pool,
    lines,
    async value(name: string, labels: Record<string, string> = {}) {
      const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] }
      return values.find((each) =>
        Object.entries(labels).every(([label, wanted]) => each.labels[label] === wanted),
      )?.value
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

const lastSuccess = 'idem_cleaning_last_success_timestamp_seconds'

test('a failed cleaning of keys counts its removals and its failure, and tombstones are still cleaned', async () => {
  let batches = 0
  await using it = await world((text) => !text.includes('idempotency_record') || ++batches < 2)
  await expect.poll(() => it.lines.map(({ msg }) => msg)).toEqual(['cleaning failed', 'cleaned'])
  expect(it.lines[0]).toMatchObject({ level: 40, what: 'keys', removed: 1_000 })
  expect(it.lines[1]).toMatchObject({ keys: 1_000, tombstones: 1, sign_in: 4 })
  expect(await it.value('idem_cleaned_records_total')).toBe(1_000)
  expect(await it.value('idem_cleaned_tombstones_total')).toBe(1)
  expect(await it.value('idem_cleaning_failures_total', { what: 'keys' })).toBe(1)
  expect(await it.value('idem_cleaning_failures_total', { what: 'tombstones' })).toBe(0)
  expect(await it.value(lastSuccess, { what: 'keys' })).toBe(0)
  expect(await it.value(lastSuccess, { what: 'tombstones' })).toBeGreaterThan(0)
})

test('a cleaning without failures updates all success times', async () => {
  await using it = await world(() => true)
  await expect.poll(() => it.lines.map(({ msg }) => msg)).toEqual(['cleaned'])
  for (const what of ['keys', 'tombstones', 'sign_in']) {
    expect(await it.value('idem_cleaning_failures_total', { what })).toBe(0)
    expect(await it.value(lastSuccess, { what })).toBeGreaterThan(0)
  }
})

test('cleaning removes expired sessions, links and attempts to sign in, and keeps the others', async () => {
  await using it = await world(() => true)
  await expect.poll(() => it.lines.map(({ msg }) => msg)).toEqual(['cleaned'])
  const { rows } = await it.pool.query(`
    select array_agg(id) as left_ids from auth_session union all select array_agg(id) from auth_verification
    union all select array_agg(token) from invite union all select array_agg(subject) from sign_in_attempt`)
  expect(rows.map(({ left_ids: left }) => left)).toEqual([['1'], ['1'], ['1'], ['1']])
})
