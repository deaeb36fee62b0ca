import type { PrismaClientLike, RawQueries, TransactionOptions } from './client-like.ts'
import { type CurrentEffect, currentEffectOf, type Effect } from './current-effect.ts'
import { effectTransaction } from './effect-transaction.ts'

/** Opens a transaction, in which a client of `transactional` is this transaction. */
export function transact<Tx extends RawQueries, T>(
  client: PrismaClientLike<Tx>,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const current = currentEffectOf(client)
  return current === undefined
    ? client.$transaction((tx) => work(effectTransaction(tx)), options)
    : transactIn(current, client, work, options)
}

async function transactIn<Tx extends RawQueries, T>(
  current: CurrentEffect,
  client: PrismaClientLike<Tx>,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const effect: Effect = { tx: undefined }
  const begin = () =>
    client.$transaction((plain) => {
      const tx = effectTransaction(plain)
      effect.tx = tx
      return current.run(effect, () => work(tx))
    }, options)
  // An effect that calls `run` gets a second transaction, not a part of its own.
  const result = await current.run(undefined, begin)
  // Only now: what a failed effect left behind must not write, and Prisma refuses it.
  effect.tx = undefined
  return result
}
