import type { Query } from '../adapter.ts'
import type { PrismaClientLike, RawQueries, TransactionOptions } from './client-like.ts'
import { type CurrentEffect, currentEffectOf, type Effect } from './current-effect.ts'
import { effectTransaction, isRevoked } from './effect-transaction.ts'
import { queryIn } from './query-in.ts'

/** The query function still works after the transaction of the effect was revoked. */
type Work<Tx, T> = (tx: Tx, query: Query) => Promise<T>

/** Opens a transaction, during which a client of `transactional` is this transaction. */
export function transact<Tx extends RawQueries, T>(
  client: PrismaClientLike<Tx>,
  work: Work<Tx, T>,
  options: TransactionOptions,
): Promise<T> {
  const current = currentEffectOf(client)
  return current === undefined
    ? client.$transaction((tx) => work(effectTransaction(tx), queryIn(tx)), options)
    : transactIn(current, client, work, options)
}

async function transactIn<Tx extends RawQueries, T>(
  current: CurrentEffect,
  client: PrismaClientLike<Tx>,
  work: Work<Tx, T>,
  options: TransactionOptions,
): Promise<T> {
  const effect: Effect = { tx: undefined }
  const begin = () =>
    client.$transaction((plain) => {
      const tx = effectTransaction(plain)
      effect.tx = tx
      return current.run(effect, () => work(tx, queryIn(plain)))
    }, options)
  // An effect that calls `run` gets a second transaction, not a nested one.
  const result = await current.run(undefined, begin)
  // Only now, and not for an effect that declined: code that a failed effect left behind must not write.
  if (effect.tx !== undefined && !isRevoked(effect.tx)) effect.tx = undefined
  return result
}
