import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { codeOf } from '../pg/code-of.ts'
import type { PrismaClientLike, RawQueries } from './client-like.ts'
import { isDevelopment, trackEffects } from './current-effect.ts'
import { revoke } from './effect-transaction.ts'
import { tookTooLong } from './took-too-long.ts'
import { transact } from './transact.ts'

export type TransactionLimits = {
  /** How long a transaction waits for a connection, in milliseconds; 2,000 by default, as long as a pool should wait for a client. */
  readonly maxWait?: number | undefined
  /** How long it may take, in milliseconds; 8,000 by default, which is the rest of a request of 10 s. */
  readonly timeout?: number | undefined
}

/**
 * Interactive transactions of a Prisma client, or of one that `transactional`
 * gave. The effect gets what Prisma hands to `$transaction`. An effect that is
 * still at work when `timeout` is over is rolled back and not run again; its
 * error says so.
 */
export function prismaAdapter<Tx extends RawQueries>(
  client: PrismaClientLike<Tx>,
  { maxWait = 2_000, timeout = 8_000 }: TransactionLimits = {},
): IdempotencyAdapter<Tx> {
  if (isDevelopment()) trackEffects(client)

  return {
    codeOf,
    revoke,

    /**
     * Rejects as soon as a statement was not answered in time, and leaves the
     * ROLLBACK to itself. A database that has fallen silent does not answer that
     * either, and a second wait as long would be the end of the request: nothing
     * could be tried again, on a connection that works.
     */
    transaction(work) {
      return new Promise((resolve, reject) => {
        const watched = async (tx: Tx, query: Query) => {
          try {
            return await work(tx, query)
          } catch (error) {
            if (codeOf(error) === 'ETIMEDOUT') reject(error)
            await revoke(tx)
            throw error
          }
        }
        const limits = { isolationLevel: 'ReadCommitted', maxWait, timeout } as const
        transact(client, watched, limits).then(resolve, (error: unknown) =>
          reject(tookTooLong(error, timeout) ?? error),
        )
      })
    },
  }
}
