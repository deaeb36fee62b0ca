import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'

/** Without the tables that a scratch database has. */
export async function emptyDatabase() {
  const { url, [Symbol.asyncDispose]: drop } = await scratchDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public, idem cascade; create schema public')
  return {
    url,
    async tables(schema: string): Promise<string[]> {
      const text = 'select tablename as name from pg_tables where schemaname = $1 order by 1'
      const { rows } = await client.query(text, [schema])
      return rows.map(({ name }) => name)
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await drop()
    },
  }
}
