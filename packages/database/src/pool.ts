import {
  beginWith,
  guardPool,
  type SessionSettings,
  wereApplied,
  withStartUpOptions,
} from '@idem/idempotency/pg'
import pg from 'pg'
import { poolTransactions } from './transaction-pooling.ts'

export type PoolSettings = Partial<SessionSettings> & {
  readonly url: string
  readonly max?: number
  readonly applicationName?: string
  /** `transaction`: the address leads to a pooler that gives each transaction another session. */
  readonly pooler?: Pooler | undefined
}

export type Pooler = 'transaction'

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
  // An idle client whose server went away is dropped by the pool and nothing is lost. Without a
  // listener Node would treat the event as an uncaught error and end the process.
  pool.on('error', () => {})
  guardPool(pool)
  // After the guard, so that the guard sees each statement that is really sent.
  if (pooler !== undefined) {
    const begin = beginWith(settings)
    pool.on('connect', (client) => poolTransactions(client, begin))
  }
  return pool
}

/** @throws an error whose message says what to do where something in between kept the settings to itself */
async function checkSettings(client: pg.ClientBase): Promise<void> {
  // Part of making a connection, so no longer than the wait for one.
  const { rows } = await client.query(
    Object.assign({ text: wereApplied }, { query_timeout: connectWithinMs }),
  )
  if (rows[0].applied !== true) throw new Error(ignoredSettings)
}

const ignoredSettings =
  'The database did not apply the start-up options of its connections (time-outs, UTC). When DATABASE_URL leads to a pooler such as PgBouncer, set IDEM_POOLER=transaction; it is right for a pooler in session mode too.'
