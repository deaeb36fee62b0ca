import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
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
