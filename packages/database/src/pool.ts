import pg from 'pg'
import { guardPool } from './pool-guard.ts'

export type PoolSettings = {
  readonly url: string
  readonly max?: number
  readonly lockTimeoutMs?: number
  readonly applicationName?: string
  /** Further settings for each session, as SQL. */
  readonly session?: string
}

/** A request waits no longer for a connection: a database that is up gives one in milliseconds. */
const connectWithinMs = 2000

/**
 * The pool shared by plain SQL and Prisma. The inner wait always ends before
 * the outer one, so that the answer names the real cause and comes from the
 * side that knows: a lock (1.5 s) inside a statement (3 s) inside the client's
 * patience (5 s, when the server has fallen silent) inside a request (10 s).
 */
export function createPool({
  url,
  max = 10,
  lockTimeoutMs = 1500,
  applicationName = 'idem',
  session = '',
}: PoolSettings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: 5000,
    keepAlive: true,
    onConnect: (client) => setUpSession(client, lockTimeoutMs, session),
  })
  // An idle client whose server went away is dropped by the pool and nothing is lost. Without a
  // listener Node would treat the event as an uncaught error and end the process.
  pool.on('error', () => {})
  return guardPool(pool)
}

/**
 * By SET rather than in the start-up message: there the settings in an address
 * win over these, and PgBouncer refuses names it does not know. UTC, because
 * Prisma's adapter writes dates without their zone and reads them as if there
 * were none.
 */
async function setUpSession(
  client: pg.ClientBase,
  lockTimeoutMs: number,
  session: string,
): Promise<void> {
  const settings = `
    set lock_timeout = ${Math.trunc(lockTimeoutMs)};
    set statement_timeout = 3000;
    set idle_in_transaction_session_timeout = 5000;
    set default_transaction_isolation = 'read committed';
    set timezone = 'UTC';
    ${session}`
  // Part of making a connection, so no longer than the wait for one.
  await client.query(Object.assign({ text: settings }, { query_timeout: connectWithinMs }))
}
