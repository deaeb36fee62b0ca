import { createPool } from '@idem/database/pool'
import { connectOrStart } from '@idem/embedded-postgres/connect-or-start'
import { checkRequirements } from '@idem/idempotency/migrate'
import { cancellableQuery, type Query } from '../database/cancellable-query.ts'
import type { Given } from './run-command.ts'

/** A statement of a command takes well below a second; this much only where the disk or a lock is very slow. */
const statementMs = 30_000

export type CommandDatabase = { readonly url: string; readonly query: Query }

/**
 * Opens the configured database for one command. The server may run at the same time; an embedded
 * PostgreSQL that is not running is started, and stopped again in any case.
 *
 * @throws a readable error when a newer release owns the data
 */
export function withDatabase<T>(
  given: Opening,
  work: (database: CommandDatabase) => Promise<T>,
): Promise<T> {
  return withDatabaseUrl(given, async (url) => {
    const pool = createPool({
      url,
      max: 1,
      applicationName: 'idem command',
      statementTimeoutMs: statementMs,
      pooler: given.environment.IDEM_POOLER,
    })
    try {
      const query = cancellableQuery({ pool, statementMs, signal: given.signal })
      await checkRequirements(query)
      return await work({ url, query })
    } finally {
      await pool.end()
    }
  })
}

type Opening = Pick<Given, 'environment' | 'signal'>

/** Without a connection, and without a look at the data. */
export async function withDatabaseUrl<T>(
  { environment, signal }: Opening,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: named, IDEM_DATA_DIR: dataDir } = environment
  if (named !== undefined) return await work(named)
  const database = await connectOrStart(dataDir)
  try {
    signal.throwIfAborted()
    return await work(database.url)
  } finally {
    await database.stop()
  }
}
