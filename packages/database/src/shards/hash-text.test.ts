import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { hashText } from './hash-text.ts'

test('the hash of an owner is that of PostgreSQL', async () => {
  await using database = await scratchDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const owners = Array.from({ length: 40 }, (_, length) => 'ö☃a'.repeat(14).slice(0, length))
  const { rows } = await client.query(
    'select hashtext(owner) as hash from unnest($1::text[]) owner',
    [owners],
  )
  await client.end()
  expect(owners.map(hashText)).toEqual(rows.map(({ hash }) => hash))
})
