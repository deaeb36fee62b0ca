import type { Query } from '../adapter.ts'
import { newName, runAs } from './call-chain.ts'
import type { PrismaClientLike, RawQueries, TransactionOptions } from './client-like.ts'
import { clientBelow, currentEffect } from './current-effect.ts'
import { effectTransaction } from './effect-transaction.ts'
import type { Gate } from './gate.ts'
import { queryIn } from './query-in.ts'

/** The query function still works after the transaction of the effect was revoked. */
type Work<Tx, T> = (tx: Tx, query: Query, gate: Gate) => Promise<T>

/** Opens a transaction, during which a client of `transactional` is this transaction. */
export function transact<Tx extends RawQueries, T>(
  client: PrismaClientLike<Tx>,
  work: Work<Tx, T>,
  options: TransactionOptions,
): Promise<T> {
  const begin = () =>
    client.$transaction((plain) => {
      const { tx, gate } = effectTransaction(plain)
      const name = newName()
      const effect = { client: clientBelow(client), name, tx, gate }
      return currentEffect.run(effect, runAs, name, () => work(tx, queryIn(plain), gate))
    }, options)
  // An effect that calls `run` gets a second transaction, not a nested one.
  return currentEffect.run(undefined, begin)
}
