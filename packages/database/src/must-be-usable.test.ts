import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { mustBeUsable } from './must-be-usable.ts'

/** A server that says this of itself. */
function server(number: string, version: string, readOnly = 'off') {
  const rows = [{ number, version, read_only: readOnly }]
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
  await expect(mustBeUsable(server('180004', '18.4', 'on'))).rejects.toThrow(
    'is read-only, a standby perhaps; name the primary instead.',
  )
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
