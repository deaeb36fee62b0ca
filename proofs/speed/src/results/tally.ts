import pg from 'pg'
import { ask } from '../servers/bench-database.ts'

/** How many rows a server said it made. */
export type Tally = {
  readonly url: string
  readonly tables: readonly string[]
  acknowledged: number
}

/** A server that made fewer rows than it said was quick at something else, one that made more did things twice. */
export async function checkRows({ url, tables, acknowledged }: Tally): Promise<void> {
  for (const table of tables) {
    const [row] = await ask(url, `select count(*)::int as rows from ${pg.escapeIdentifier(table)}`)
    if (row?.rows !== acknowledged) {
      throw new Error(
        `${acknowledged} creates were acknowledged, but ${table} has ${row?.rows} rows.`,
      )
    }
  }
}
