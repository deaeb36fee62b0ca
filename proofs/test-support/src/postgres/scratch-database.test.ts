import pg from 'pg'
import { expect, test } from 'vitest'
import { scratchDatabase } from './scratch-database.ts'

test('each scratch database is migrated and sees nothing of another', async () => {
  await using one = await scratchDatabase()
  await using other = await scratchDatabase()
  await rows(
    one.url,
    `insert into todo (owner_id, id, title, created_at, updated_at)
    values ('ada', gen_random_uuid(), 'milk', now(), now())`,
  )
  expect(await rows(one.url, 'select title from todo')).toEqual([{ title: 'milk' }])
  expect(await rows(other.url, 'select title from todo')).toEqual([])
})

test('a disposed scratch database is dropped, even with an open connection', async () => {
  await using watching = await scratchDatabase()
  const scratch = await scratchDatabase()
  const forgotten = new pg.Client({ connectionString: scratch.url })
  forgotten.on('error', () => {})
  await forgotten.connect()
  const name = new URL(scratch.url).pathname.slice(1)
  await scratch[Symbol.asyncDispose]()
  expect(
    await rows(watching.url, `select datname from pg_database where datname = '${name}'`),
  ).toEqual([])
})

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const result = await client.query(statement)
  await client.end()
  return result.rows
}
