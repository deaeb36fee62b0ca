import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { codeOf } from '../pg/code-of.ts'
import { directConnection } from '../pg/direct-connection.ts'
import type { PrismaClientLike, RawQueries } from './client-like.ts'
import { refuseInsideEffects } from './current-effect.ts'
import { revoke } from './effect-transaction.ts'
import type { Gate } from './gate.ts'
import { tookTooLong } from './took-too-long.ts'
import { transact } from './transact.ts'
import { watchPoolOf } from './watch-pool-of.ts'

export type TransactionLimits = {
  /** How long a transaction waits for a connection, in milliseconds; 2,000 by default, as long as a pool should wait for a client. */
  readonly maxWait?: number | undefined
  /** How long a transaction may take, in milliseconds; 8,000 by default, which is the rest of a request of 10 s. */
  readonly timeout?: number | undefined
}

/**
 * Interactive transactions of a Prisma client, or of one from `transactional`.
 * The effect gets the transaction that Prisma passes to `$transaction`. An effect
 * that is still running after `timeout` is rolled back and not run again; its error
 * names the limit.
 *
 * With `PrismaPg` an attempt takes three round trips in place of six, and the pool is
 * guarded, unless the client has connected before.
 */
export function prismaAdapter<Tx extends RawQueries>(
  client: PrismaClientLike<Tx>,
  { maxWait = 2_000, timeout = 8_000 }: TransactionLimits = {},
): IdempotencyAdapter<Tx> {
  refuseInsideEffects(client)
  watchPoolOf(client)

  return {
    codeOf,
    revoke,

    /**
     * Rejects as soon as a statement was not answered in time, without waiting for
     * the ROLLBACK. A database that does not respond would not answer that either,
     * and a second wait of the same length would use up the request: no time would be
     * left to try again on a working connection.
     */
    transaction(work, opening) {
      const direct = directConnection(undefined, timeout)
      return new Promise((resolve, reject) => {
        const watched = async (tx: Tx, query: Query, gate: Gate) => {
          try {
            const opened = await direct.open(opening)
            // Other statements may be of an application, which expects the types of Prisma.
            const result = opened?.pipelining
              ? await work(tx, opened.query, opened.pipelining)
              : await work(tx, query)
            await gate.expectEnd()
            return result
          } catch (error) {
            if (codeOf(error) === 'ETIMEDOUT') reject(error)
            await gate.close()
            throw error
          }
        }
        const limits = { isolationLevel: 'ReadCommitted', maxWait, timeout } as const
        const transaction = () => transact(client, watched, limits)
        direct
          .run(transaction)
          .then(resolve, (error: unknown) => reject(tookTooLong(error, timeout) ?? error))
      })
    },
  }
}
