import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { checkServerVersion } from './check-server-version.ts'
import { migrate } from './migrate.ts'

/** A server with these properties. */
function server(number: string, version: string, { readOnly = 'off', encoding = 'UTF8' } = {}) {
  const rows = [{ number, version, read_only: readOnly, encoding }]
  const query = async () => ({ rows })
  return { query } as unknown as pg.Client
}

test.for([
  ['149999', '14.20 (Debian 14.20-1)'],
  ['90624', '9.6.24'],
])('PostgreSQL older than 15, %s, gives a readable error', async ([number = '', version = '']) => {
  await expect(checkServerVersion(server(number, version))).rejects.toThrow(
    `The database of DATABASE_URL is PostgreSQL ${version}; use version 15 or newer, or unset DATABASE_URL to use the embedded one.`,
  )
})

test('PostgreSQL 15 and later are accepted', async () => {
  await checkServerVersion(server('150000', '15.0'))
  await checkServerVersion(server('190001', '19.1'))
})

test('a read-only server gives a readable error', async () => {
  await expect(checkServerVersion(server('180004', '18.4', { readOnly: 'on' }))).rejects.toThrow(
    'is read-only, possibly a standby; use the primary instead.',
  )
})

test.for(['LATIN1', 'SQL_ASCII', 'EUC_JP'])(
  'a database with the encoding %s gives a readable error',
  async (encoding) => {
    await expect(checkServerVersion(server('180004', '18.4', { encoding }))).rejects.toThrow(
      `The database of DATABASE_URL has the encoding ${encoding}, which cannot store every title; create a database with the encoding UTF8 and use that one.`,
    )
  },
)

test('a real database in LATIN1 is refused and left empty', async () => {
  await using scratch = await scratchDatabase()
  const url = new URL(scratch.url)
  const admin = new pg.Client({ connectionString: scratch.url })
  await admin.connect()
  const name = `${url.pathname.slice(1)}_latin1`
  await admin.query(
    `create database ${name} encoding 'LATIN1' locale_provider libc locale 'C' template template0`,
  )
  url.pathname = `/${name}`
  await expect(migrate({ url: url.href })).rejects.toThrow('has the encoding LATIN1')
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  const { rows } = await client.query(`select from pg_tables where schemaname = 'public'`)
  await client.end()
  await admin.query(`drop database ${name}`)
  await admin.end()
  expect(rows).toEqual([])
})

test('a real server returns these properties', async () => {
  await using scratch = await scratchDatabase()
  const client = new pg.Client({ connectionString: scratch.url })
  await client.connect()
  await checkServerVersion(client)
  await client.query('set default_transaction_read_only = on')
  await expect(checkServerVersion(client)).rejects.toThrow('read-only')
  await client.end()
})
