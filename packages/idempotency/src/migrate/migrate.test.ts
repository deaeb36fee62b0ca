import { scratchDatabase } from '@idem/test-support/scratch-database'
import { drizzle } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { drizzleAdapter } from '../drizzle/drizzle-adapter.ts'
import { clientOptions } from '../drizzle/test-drizzle.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import { type Migrated, migrate } from './migrate.ts'
import { sqlFrom, tableSteps } from './table-steps.ts'

/** A database without the tables, and some connections. */
async function world() {
  const database = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: database.url, max: 5 })
  pool.on('error', () => undefined)
  await pool.query('drop schema idem cascade')
  const adapter = pgAdapter(pool)
  return {
    url: database.url,
    migrate: (steps?: Parameters<typeof migrate>[1]): Promise<Migrated> =>
      migrate({ adapter }, steps),
    rows: async (text: string) => (await pool.query(text)).rows,
    connect: () => pool.connect(),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('five instances that migrate at once create the tables once', async () => {
  await using it = await world()
  const migrated = await Promise.all(Array.from({ length: 5 }, () => it.migrate()))
  const to = tableSteps.length
  expect(migrated.map((each) => each.to)).toEqual([to, to, to, to, to])
  expect(migrated.filter(({ from }) => from === 0)).toHaveLength(1)
  expect(await it.rows('select count(*)::int as n from idem.installation')).toEqual([{ n: 1 }])
})

test('a project on postgres.js migrates through its own adapter', async () => {
  await using it = await world()
  const client = postgres({ ...clientOptions(it.url), max: 1 })
  const adapter = drizzleAdapter(drizzle(client))
  const to = tableSteps.length
  expect(await migrate({ adapter })).toEqual({ from: 0, to })
  expect(await migrate({ adapter })).toEqual({ from: to, to })
  await client.end()
})

test('a failed migration leaves nothing', async () => {
  await using it = await world()
  await it.rows('create schema idem; create view idem.idempotency_record as select 1')
  await expect(it.migrate()).rejects.toThrow('already exists')
  expect(await it.rows(`select to_regclass('idem.installation') as made`)).toEqual([{ made: null }])
})

test('a record has at most one outcome, and a fingerprint unless it is cancelled', async () => {
  await using it = await world()
  await it.migrate()
  const insert = (columns: string, values: string) =>
    it.rows(
      `insert into idem.idempotency_record (owner_id, key, created_at, ${columns}) values ('ada', gen_random_uuid(), now(), ${values})`,
    )
  const mark = `'todo.create', sha256('x')`
  await insert('operation, fingerprint, answer', `${mark}, '{}'`)
  await insert('cancelled', 'true')
  for (const [columns, values] of [
    ['operation, fingerprint, answer, refusal', `${mark}, '{}', '{}'`],
    ['operation, fingerprint, answer, cancelled', `${mark}, '{}', true`],
    ['operation, answer', `'todo.create', '{}'`],
    ['operation, fingerprint', `'todo.create', '\\x00'`],
  ] as const) {
    await expect(insert(columns, values)).rejects.toMatchObject({ code: '23514' })
  }
})

test('keys are compared byte for byte, and the table installation has one row', async () => {
  await using it = await world()
  await it.migrate()
  await it.rows(`insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
    values ('ada', 'k', true, now()), ('ada', 'K', true, now())`)
  await expect(it.rows('insert into idem.installation (id) values (2)')).rejects.toMatchObject({
    code: '23514',
  })
})

/** The steps of a next release. */
const steps = [...tableSteps, ['alter table idem.idempotency_record add column note text']]

const record = `insert into idem.idempotency_record (owner_id, key, operation, fingerprint, created_at)
  values ('ann', gen_random_uuid(), 'make', sha256('x'), now())`

/** Tables of this release, which a reader such as a dump has open. */
async function readTables() {
  const it = await world()
  await it.rows(sqlFrom(0))
  const reader = await it.connect()
  await reader.query('begin; select from idem.idempotency_record')
  return Object.assign(it, {
    async endReader() {
      await reader.query('commit')
      reader.release()
    },
    isWaiting: () =>
      expect
        .poll(() =>
          it.rows(
            `select from pg_locks where relation = 'idem.idempotency_record'::regclass and not granted`,
          ),
        )
        .toHaveLength(1),
  })
}

test('an upgrade that waits for a long reader lets attempts pass, and is made when the reader has ended', async () => {
  await using it = await readTables()
  const migrated = it.migrate({ steps })
  await it.isWaiting()
  await it.rows(`set lock_timeout = '1500ms'; ${record}`)
  await it.endReader()
  expect(await migrated).toEqual({ from: 1, to: 2 })
  expect(await it.rows('select note from idem.idempotency_record')).toEqual([{ note: null }])
})

test('an upgrade that waited too long gives an error with the next step, and changes nothing', async () => {
  await using it = await readTables()
  await expect(it.migrate({ steps, patienceMs: 0 })).rejects.toThrow('find it in pg_stat_activity')
  await it.endReader()
  expect(await it.migrate()).toEqual({ from: 1, to: 1 })
})

test('tables of a next release are not changed, unless they require something unknown', async () => {
  await using it = await world()
  await it.migrate({ steps })
  expect(await it.migrate()).toEqual({ from: 2, to: 2 })
  await it.rows(`update idem.installation set requires = '{accounts,ranges,shards}'`)
  await expect(it.migrate()).rejects.toThrow('require ranges, shards, which this release')
})
