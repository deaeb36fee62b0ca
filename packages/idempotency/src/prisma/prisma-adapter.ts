import type { IdempotencyAdapter } from '../adapter.ts'
import { codeOf } from '../pg/code-of.ts'
import { currentTransaction, isDevelopment, trackTransaction } from './current-transaction.ts'
import { effectTransaction } from './effect-transaction.ts'
import { queryIn, type RawQueries } from './raw-queries.ts'
import { tookTooLong } from './took-too-long.ts'

/** As much of a generated `PrismaClient`, of Prisma 6 or 7, as the adapter needs. */
export type PrismaClientLike<Tx extends RawQueries> = {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export type TransactionLimits = {
  /** How long a transaction waits for a connection, in milliseconds; 2,000 by default, as long as a pool should wait for a client. */
  readonly maxWait?: number | undefined
  /** How long it may take, in milliseconds; 8,000 by default, which is the rest of a request of 10 s. */
  readonly timeout?: number | undefined
}

export type TransactionOptions = {
  readonly isolationLevel?: 'ReadCommitted'
  readonly maxWait?: number
  readonly timeout?: number
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
  if (isDevelopment()) trackTransaction(client)

  return {
    codeOf,

    /**
     * Rejects as soon as a statement was not answered in time, and leaves the
     * ROLLBACK to itself. A database that has fallen silent does not answer that
     * either, and a second wait as long would be the end of the request: nothing
     * could be tried again, on a connection that works.
     */
    transaction(work) {
      return new Promise((resolve, reject) => {
        const watched = async (tx: Tx) => {
          try {
            return await work(tx, queryIn(tx))
          } catch (error) {
            if (codeOf(error) === 'ETIMEDOUT') reject(error)
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

function transact<Tx extends RawQueries, T>(
  client: PrismaClientLike<Tx>,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const current = currentTransaction(client)
  const begin = () =>
    client.$transaction((plain) => {
      const tx = effectTransaction(plain)
      return current === undefined ? work(tx) : current.run(tx, () => work(tx))
    }, options)
  // An effect that calls `run` gets a second transaction, not a part of its own.
  return current === undefined ? begin() : current.run(undefined, begin)
}
