import { readFile } from 'node:fs/promises'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { migrate } from './migrate.ts'

test('five instances that migrate at once create the tables once', async () => {
  await using database = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: database.url, max: 5 })
  pool.on('error', () => undefined)
  const clients = await Promise.all(Array.from({ length: 5 }, () => pool.connect()))
  for (const client of clients) client.on('error', () => undefined)
  const migrated = await Promise.all(clients.map((client) => migrate(client, 'idem')))
  expect(migrated.map(({ to }) => to)).toEqual([3, 3, 3, 3, 3])
  expect(migrated.filter(({ from }) => from === 0)).toHaveLength(1)
  for (const client of clients) client.release()
  const { rows } = await pool.query('select count(*)::int as n from idem.installation')
  expect(rows).toEqual([{ n: 1 }])
  await pool.end()
})

test('a failed migration leaves nothing', async () => {
  await using database = await scratchDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('create schema idem; create view idem.idempotency_record as select 1')
  await expect(migrate(client, 'idem')).rejects.toThrow('already exists')
  const { rows } = await client.query(`select to_regclass('idem.installation') as made`)
  expect(rows).toEqual([{ made: null }])
  await client.end()
})

const record = `insert into idem.idempotency_record (owner_id, key, operation, fingerprint, created_at)
  values ('ann', gen_random_uuid(), 'make', sha256('x'), now())`

/** Tables of version 1, which a reader such as a dump has open. */
async function readTables() {
  const database = await scratchDatabase()
  const sql = await readFile(new URL('../../sql/0001_tables.sql', import.meta.url), 'utf8')
  const clients = Array.from({ length: 3 }, () => {
    const client = new pg.Client({ connectionString: database.url })
    client.on('error', () => undefined)
    return client
  })
  const [migrating, reader, serving] = clients as [pg.Client, pg.Client, pg.Client]
  for (const client of clients) await client.connect()
  await reader.query(
    `create schema idem; ${sql}; comment on table idem.installation is 'idem tables 1'`,
  )
  await reader.query('begin; select from idem.idempotency_record')
  const isWaiting = async () => {
    const { rows } = await serving.query(
      `select from pg_locks where relation = 'idem.idempotency_record'::regclass and not granted`,
    )
    expect(rows).toHaveLength(1)
  }
  return {
    migrating,
    reader,
    serving,
    isWaiting: () => vi.waitFor(isWaiting, { timeout: 5_000, interval: 5 }),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('an upgrade that waits for a long reader lets attempts pass, and is made when the reader has ended', async () => {
  await using it = await readTables()
  const migrated = migrate(it.migrating, 'idem')
  await it.isWaiting()
  await it.serving.query(`set lock_timeout = '1500ms'`)
  await it.serving.query(record)
  await it.reader.query('commit')
  expect(await migrated).toEqual({ from: 1, to: 3 })
})

test('an upgrade that waited too long gives an error with the next step, and changes nothing', async () => {
  await using it = await readTables()
  await expect(migrate(it.migrating, 'idem', 0)).rejects.toThrow('find it in pg_stat_activity')
  const { rows } = await it.serving.query(
    `select obj_description('idem.installation'::regclass) as v`,
  )
  expect(rows).toEqual([{ v: 'idem tables 1' }])
})
