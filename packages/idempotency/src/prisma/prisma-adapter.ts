import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { causesOf } from '../causes-of.ts'
import { codeOf } from '../pg/errors/code-of.ts'
import { prismaWordingState } from '../pg/errors/prisma-states.ts'
import { directConnection } from '../pg/transaction/direct-connection.ts'
import { clientBelow, currentEffect, refuseInsideEffects, runInEffect } from './current-effect.ts'
import {
  effectTransaction,
  type Gate,
  queryIn,
  type RawQueries,
  revoke,
} from './effect-transaction.ts'
import { watchPoolOf } from './watch-pool-of.ts'

/** The part of a generated `PrismaClient`, of Prisma 6 or 7, that the adapter needs. */
export type PrismaClientLike<Tx extends RawQueries> = {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export type TransactionOptions = {
  readonly isolationLevel?: 'ReadCommitted'
  readonly maxWait?: number
  readonly timeout?: number
}

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

/** The query function still works after the transaction of the effect was revoked. */
type Work<Tx, T> = (tx: Tx, query: Query, gate: Gate) => Promise<T>

/** Opens a transaction, during which a client of `transactional` is this transaction. */
function transact<Tx extends RawQueries, T>(
  client: PrismaClientLike<Tx>,
  work: Work<Tx, T>,
  options: TransactionOptions,
): Promise<T> {
  const begin = () =>
    client.$transaction((plain) => {
      const { tx, gate } = effectTransaction(plain)
      const effect = { client: clientBelow(client), tx, gate }
      return runInEffect(effect, () => work(tx, queryIn(plain), gate))
    }, options)
  // An effect that calls `run` gets a second transaction, not a nested one.
  return currentEffect.run(undefined, begin)
}

/**
 * The error of an effect that Prisma ended at its time limit; undefined for any
 * other error. Prisma sends no COMMIT after that, so the rollback is certain. The
 * effect would take as long again, so its code prevents a retry, and the message
 * names the setting to change.
 */
function tookTooLong(error: unknown, limitMs: number): Error | undefined {
  const isExpired = [...causesOf(error)].some(
    ({ message }) => prismaWordingState(message) === '57014',
  )
  if (!isExpired) return undefined
  const message = `The effect took longer than the ${limitMs / 1_000} s that its transaction may take, and was rolled back; make it shorter or raise \`timeout\` of prismaAdapter.`
  return Object.assign(new Error(message, { cause: error }), { code: 'transaction_timeout' })
}
