import type { IdempotencyAdapter } from '../adapter.ts'
import { directConnection } from '../pg/direct-connection.ts'
import { isPgPool } from '../pg/is-pg-pool.ts'
import { guardPool } from '../pg/pool-guard.ts'
import { queryTimeoutMs } from '../pg/time-limited.ts'
import { drizzleCodeOf } from './drizzle-code-of.ts'
import { type Executes, queryIn } from './query-in.ts'
import { revocableTransaction, revoke } from './revocable-transaction.ts'

/** The part of a Drizzle database on PostgreSQL that the adapter needs. */
export type DrizzleLike<Tx> = {
  transaction<T>(
    work: (tx: Tx) => Promise<T>,
    config?: { readonly isolationLevel?: 'read committed' },
  ): Promise<T>
}

/**
 * Transactions of Drizzle, on `node-postgres` or `postgres-js`. The effect gets
 * the transaction that Drizzle passes to `transaction`; `tx.transaction(…)` is a
 * savepoint in it. After the effect it sends nothing more. A pool of `pg` is
 * guarded from now on.
 */
export function drizzleAdapter<Tx extends Executes>(db: DrizzleLike<Tx>): IdempotencyAdapter<Tx> {
  const client = clientOf(db)
  const pool = isPgPool(client) ? guardPool(client) : undefined

  return {
    codeOf: drizzleCodeOf,
    revoke,
    transaction(work, opening) {
      const direct = pool && directConnection(pool, queryTimeoutMs)
      const transaction = () =>
        db.transaction(
          async (whole) => {
            const tx = revocableTransaction(whole)
            const { query = queryIn(whole), pipelining } = (await direct?.open(opening)) ?? {}
            return work(tx, query, pipelining).finally(() => revoke(tx))
          },
          { isolationLevel: 'read committed' },
        )
      return direct ? direct.run(transaction) : transaction()
    },
  }
}

/** Missing in the types of some releases. */
function clientOf(db: object): unknown {
  return '$client' in db ? db.$client : undefined
}
