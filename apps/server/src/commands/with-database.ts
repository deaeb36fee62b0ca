import { createPool } from '@idem/database/pool'
import { connectOrStart } from '@idem/embedded-postgres/connect-or-start'
import { cancellableQuery, type Query } from '../database/cancellable-query.ts'
import type { Given } from './run-command.ts'

/** Nobody waits for a command as for an answer; each of its statements takes well below a second. */
const statementMs = 30_000

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
  const database = named === undefined ? await connectOrStart(dataDir) : undefined
  if (database !== undefined) ending.defer(database.stop)
  signal.throwIfAborted()
  const url = database?.url ?? String(named)
  const pool = createPool({
    url,
    max: 1,
    applicationName: 'idem command',
    statementTimeoutMs: statementMs,
    pooler: environment.IDEM_POOLER,
  })
  ending.defer(() => pool.end())
  return await work({ url, query: cancellableQuery({ pool, statementMs, signal }) })
}
