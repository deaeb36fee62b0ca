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
  const query = cancellableQuery({ pool, statementMs, signal })
  await checkRequirements(query)
  return await work({ url, query })
}
