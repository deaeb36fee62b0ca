import { guardPool } from '@idem/idempotency/pg'
import pg from 'pg'
import {
  beginWith,
  type SessionSettings,
  wereApplied,
  withStartUpOptions,
} from './session-settings.ts'
import { poolTransactions } from './transaction-pooling.ts'

export type PoolSettings = Partial<SessionSettings> & {
  readonly url: string
  readonly max?: number
  readonly applicationName?: string
  /** `transaction`: the URL points to a pooler that gives each transaction another session. */
  readonly pooler?: Pooler | undefined
}

export type Pooler = 'transaction'

/** The maximum wait of a request for a connection; a healthy database gives one in milliseconds. */
const connectWithinMs = 2000

/**
 * The pool shared by plain SQL and Prisma. An inner time-out always fires before an outer one, so that
 * the error names the real cause: lock (1.5 s), statement (3 s), client (5 s, when the server does not
 * respond), request (10 s).
 */
export function createPool({
  url,
  max = 10,
  lockTimeoutMs = 1500,
  statementTimeoutMs = 3000,
  applicationName = 'idem',
  pooler,
}: PoolSettings): pg.Pool {
  const settings = { lockTimeoutMs, statementTimeoutMs }
  const pool = new pg.Pool({
    connectionString: pooler === undefined ? withStartUpOptions(url, settings) : url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: 5000,
    keepAlive: true,
    ...(pooler === undefined ? { onConnect: checkSettings } : {}),
  })
  // The pool drops an idle client that lost its server; nothing is lost. Without a listener Node
  // would treat the event as an uncaught error and end the process.
  pool.on('error', () => {})
  guardPool(pool)
  // After the guard, so that the guard sees the statements that are actually sent.
  if (pooler !== undefined) {
    const begin = beginWith(settings)
    pool.on('connect', (client) => poolTransactions(client, begin))
  }
  return pool
}

/** @throws a readable error when something in between dropped the settings */
async function checkSettings(client: pg.ClientBase): Promise<void> {
  // Part of connecting, so with the time-out of connecting.
  const { rows } = await client.query(
    Object.assign({ text: wereApplied }, { query_timeout: connectWithinMs }),
  )
  if (rows[0].applied !== true) throw new Error(ignoredSettings)
}

const ignoredSettings =
  'The database did not apply the startup options of its connections (time-outs, UTC). If DATABASE_URL points to a pooler such as PgBouncer, set IDEM_POOLER=transaction, also for session mode.'
