import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Statement } from '../adapter.ts'
import { createWorld } from '../test-world.ts'
import { keyPolicy } from './key-policy.ts'
import { createRecords } from './records.ts'

/** A UUIDv7 of that time. */
const mintedAt = (ms: number) => {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

test('the plans that a session keeps do not scan the records, also when they were made for two of them', async () => {
  await using world = await createWorld()
  await world.admin.query(`
    insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values
      ('ann', 'k', true, now()), ('ann', 'k2', true, now());
    analyze idem.idempotency_record, idem.installation`)
  const statements = keptStatements()
  expect(new Set(statements.map(({ name }) => name)).size).toBe(3)
  for (const { text } of statements) {
    const { rows } = await world.admin.query(`explain (generic_plan) ${text}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).not.toMatch(/Seq Scan on idempotency_record/)
    // The check of an outcome is made also when the update finds no row.
    if (text.includes('update')) expect(plan).toContain('One-Time Filter: (ln(')
  }
})

test('a session that began with an empty table keeps its plans when autovacuum has reached the large one', async () => {
  await using world = await createWorld()
  const client = await world.admin.connect()
  const statements = keptStatements()
  const runAll = async () => {
    for (const statement of statements) {
      await client.query('begin')
      // An outcome is stored in a claimed record.
      await client.query(`insert into idem.idempotency_record (owner_id, key, operation, fingerprint, created_at)
        values ('ann', 'k', 'make', decode('${'ab'.repeat(32)}', 'hex'), now())`)
      await client.query({ ...statement, values: [...statement.values] })
      await client.query('rollback')
    }
  }
  for (let time = 0; time < 8; time += 1) await runAll()
  await client.query(`
    insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
    select 'ann', 'filled' || n, true, now() from generate_series(1, 100000) as n`)
  // Autovacuum does both, and each discards the kept plans.
  for (const step of ['vacuum', 'analyze']) {
    await client.query(`${step} idem.idempotency_record`)
    await runAll()
  }
  const { rows } = await client.query(
    `select custom_plans::int as made from pg_prepared_statements where name like 'idem%'`,
  )
  client.release()
  expect(rows).toEqual(statements.map(() => ({ made: 5 })))
})

/** The statements of `run` that have names and plans. */
function keptStatements(): Statement[] {
  const { openingOf, storeOf } = createRecords(keyPolicy({}))
  const intent = { owner: 'ann', key: mintedAt(Date.now()) }
  const [, ...opening] = openingOf({ ...intent, operation: 'make', fingerprint: 'ab'.repeat(32) })
  return [
    ...opening,
    storeOf({ owner: 'ann', key: 'k' }, { kind: 'answer', text: '1', replayed: false }),
  ]
}

test('a record has one time, also when it is looked up before the millisecond to which its time was rounded', async () => {
  await using world = await createWorld()
  const client = await world.admin.connect()
  const query = async (text: string, values: readonly unknown[]) =>
    (await client.query(text, [...values])).rows
  const records = createRecords(keyPolicy({}))
  const timeOf = async (key: string) => {
    const found = await records.lookUp(query, { owner: 'ann', key })
    return found.state === 'found' && found.record.created_at
  }
  const keys = Array.from({ length: 20 }, (_, at) => `soon ${at}`)
  const soon: unknown[] = []
  for (const key of keys) {
    await client.query(
      `insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
       values ('ann', $1, true, date_trunc('milliseconds', clock_timestamp()) + interval '1 ms')`,
      [key],
    )
    soon.push(await timeOf(key))
  }
  const later: unknown[] = []
  for (const key of keys) later.push(await timeOf(key))
  client.release()
  expect(soon).toEqual(later)
})
