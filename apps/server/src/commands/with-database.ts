import { borrowPostgres } from '@idem/database/borrow-postgres'
import { createPool } from '@idem/database/pool'
import type { Given } from './run-command.ts'

/** A look at every todo takes longer than what a request may ask for. */
const statementMs = 60_000

export type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

export type CommandDatabase = { readonly url: string; readonly query: Query }

/**
 * The configured database for the time of a command. The server may run and serve
 * meanwhile; where the embedded PostgreSQL is not running it is started, and
 * ended again whatever happens.
 */
export async function withDatabase<T>(
  { environment, signal }: Given,
  work: (database: CommandDatabase) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: named, IDEM_DATA_DIR: dataDir } = environment
  await using ending = new AsyncDisposableStack()
  const database = named === undefined ? await borrowPostgres(dataDir) : undefined
  if (database !== undefined) ending.defer(database.stop)
  signal.throwIfAborted()
  const url = database?.url ?? String(named)
  const pool = createPool({
    url,
    max: 1,
    applicationName: 'idem command',
    session: `set statement_timeout = ${statementMs}`,
  })
  ending.defer(() => pool.end())
  return await work({ url, query: queryOn(pool, signal) })
}

function queryOn(pool: ReturnType<typeof createPool>, signal: AbortSignal): Query {
  return async function query(text, values) {
    const client = await pool.connect()
    // Destroyed, the connection ends the statement for us; the server notices on its own.
    const giveUp = () => client.release(true)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const statement = { text, values: [...values], query_timeout: statementMs + 5000 }
      const { rows } = await client.query(statement)
      return rows
    } finally {
      signal.removeEventListener('abort', giveUp)
      if (!signal.aborted) client.release()
    }
  }
}
