import type { IdempotencyAdapter, Query } from './adapter.ts'
import { codeOf } from './pg/code-of.ts'

/** As much of a generated `PrismaClient`, of Prisma 6 or 7, as the adapter needs. */
export type PrismaClientLike<Tx extends RawQueries> = {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

type RawQueries = {
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): PromiseLike<T>
}

export type TransactionOptions = {
  readonly isolationLevel?: 'ReadCommitted'
  /** How long a transaction waits for a connection. */
  readonly maxWait?: number
  /** How long it may take. */
  readonly timeout?: number
}

/** As long as a pool should wait for a client; the rest of a request's 10 s is the transaction's. */
const limits: TransactionOptions = {
  isolationLevel: 'ReadCommitted',
  maxWait: 2_000,
  timeout: 8_000,
}

/** Interactive transactions of a Prisma client. The effect gets what Prisma hands to `$transaction`. */
export function prismaAdapter<Tx extends RawQueries>(
  client: PrismaClientLike<Tx>,
): IdempotencyAdapter<Tx> {
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
        client.$transaction(watched, limits).then(resolve, reject)
      })
    },
  }
}

/**
 * The only use of `$queryRawUnsafe`. Unsafe is the name for taking the statement
 * as a string: the callers are written against a plain query function so that
 * they need no Prisma, their statements are constants, and every value is bound.
 */
function queryIn(tx: RawQueries): Query {
  // Awaited here, because Prisma sends nothing before somebody awaits it.
  return async (text, values) => await tx.$queryRawUnsafe(text, ...values)
}
