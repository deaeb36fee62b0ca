import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { mustBeUsable } from './must-be-usable.ts'

/** A server that says this of itself. */
function server(number: string, version: string, { readOnly = 'off', encoding = 'UTF8' } = {}) {
  const rows = [{ number, version, read_only: readOnly, encoding }]
  const query = async () => ({ rows })
  return { query } as unknown as pg.Client
}

test.for([
  ['149999', '14.20 (Debian 14.20-1)'],
  ['90624', '9.6.24'],
])(
  'PostgreSQL older than 15, %s, is refused in a sentence',
  async ([number = '', version = '']) => {
    await expect(mustBeUsable(server(number, version))).rejects.toThrow(
      `The database of DATABASE_URL is PostgreSQL ${version}; name one of version 15 or newer, or leave DATABASE_URL out to use the embedded one.`,
    )
  },
)

test('PostgreSQL 15 and later are taken', async () => {
  await mustBeUsable(server('150000', '15.0'))
  await mustBeUsable(server('190001', '19.1'))
})

test('one that takes no writes is refused in a sentence', async () => {
  await expect(mustBeUsable(server('180004', '18.4', { readOnly: 'on' }))).rejects.toThrow(
    'is read-only, a standby perhaps; name the primary instead.',
  )
})

test.for(['LATIN1', 'SQL_ASCII', 'EUC_JP'])(
  'a database in the encoding %s, which cannot hold every title, is refused in a sentence',
  async (encoding) => {
    await expect(mustBeUsable(server('180004', '18.4', { encoding }))).rejects.toThrow(
      `The database of DATABASE_URL has the encoding ${encoding}, which cannot hold every title; create one with the encoding UTF8 and name that one.`,
    )
  },
)

test('a real database in LATIN1 is refused, and nothing is made in it', async () => {
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

test('a real server says it in this form', async () => {
  await using scratch = await scratchDatabase()
  const client = new pg.Client({ connectionString: scratch.url })
  await client.connect()
  await mustBeUsable(client)
  await client.query('set default_transaction_read_only = on')
  await expect(mustBeUsable(client)).rejects.toThrow('read-only')
  await client.end()
})
