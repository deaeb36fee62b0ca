import type { IdempotencyAdapter, Pipelining, Query, Statement } from '../adapter.ts'
import { directConnection } from '../pg/direct-connection.ts'
import { isPgPool } from '../pg/is-pg-pool.ts'
import { guardPool } from '../pg/pool-guard.ts'
import { queryTimeoutMs } from '../pg/time-limited.ts'
import { drizzleCodeOf } from './drizzle-code-of.ts'
import { type PostgresJs, postgresJsTransaction } from './postgres-js-transaction.ts'

/** The part of a Drizzle database on PostgreSQL that the adapter needs. */
export type DrizzleLike<Tx> = {
  transaction<T>(
    work: (tx: Tx) => Promise<T>,
    config?: { readonly isolationLevel?: 'read committed' },
  ): Promise<T>
}

/**
 * Transactions of Drizzle, on a pool of `pg` or on `postgres-js`. The effect gets
 * the transaction that Drizzle passes to `transaction`; `tx.transaction(…)` is a
 * savepoint in it. After the effect it sends nothing more, also through a builder that
 * was made before. A pool of `pg` is guarded from now on.
 *
 * @throws TypeError for a database on anything else, such as a single client of `pg`,
 * which concurrent transactions would share
 */
export function drizzleAdapter<Tx extends object>(db: DrizzleLike<Tx>): IdempotencyAdapter<Tx> {
  const open = transactionsOf(db)
  const revokers = new WeakMap<object, () => void>()

  return {
    codeOf: drizzleCodeOf,
    revoke: (tx) => revokers.get(tx)?.(),
    transaction: (work, opening) =>
      open(opening, async (tx, opened) => {
        // Drizzle uses another client than its `$client`.
        if (opened === undefined) throw new TypeError(unknownClient)
        const { query, pipelining, revoke } = opened
        revokers.set(tx, revoke)
        return work(tx, query, pipelining).finally(revoke)
      }),
  }
}

type Opened = {
  readonly query: Query
  readonly pipelining?: Pipelining | undefined
  /** From now on the connection refuses the statements of Drizzle, except the end of the transaction. */
  readonly revoke: () => void
}

type Open<Tx> = <T>(
  opening: (() => readonly Statement[]) | undefined,
  work: (tx: Tx, opened: Opened | undefined) => Promise<T>,
) => Promise<T>

function transactionsOf<Tx>(db: DrizzleLike<Tx>): Open<Tx> {
  // Missing in the types of some releases.
  const client = '$client' in db ? db.$client : undefined
  if (isPgPool(client)) {
    guardPool(client)
    return (opening, work) => {
      const { run, open, revoke } = directConnection(client, queryTimeoutMs)
      const whole = async (tx: Tx) => {
        const opened = await open(opening)
        return work(tx, opened && { ...opened, revoke })
      }
      return run(() => db.transaction(whole, { isolationLevel: 'read committed' }))
    }
  }
  if (isPostgresJs(client)) {
    return (_, work) => {
      const { begin } = client
      const { isOpen, ...own } = postgresJsTransaction(client, queryTimeoutMs)
      client.begin = own.begin
      try {
        // Drizzle calls it at once.
        return db.transaction(async (tx) => work(tx, isOpen() ? own : undefined))
      } finally {
        client.begin = begin
      }
    }
  }
  throw new TypeError(unknownClient)
}

function isPostgresJs(client: unknown): client is PostgresJs {
  return typeof client === 'function' && 'begin' in client && 'subscribe' in client
}

const unknownClient =
  'drizzleAdapter cannot verify the COMMIT of this client; pass drizzle(new pg.Pool(…)) or drizzle(postgres(…)).'
