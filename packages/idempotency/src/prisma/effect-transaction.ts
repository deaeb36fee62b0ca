import type { RawQueries } from './client-like.ts'
import { queryIn } from './query-in.ts'

/** What `$transaction` takes: a function of the transaction, or calls that were not awaited. */
type Input<Tx> = ((tx: Tx) => Promise<unknown>) | readonly PromiseLike<unknown>[]

type Options = { readonly isolationLevel?: string }

/**
 * The transaction of an effect, whose `$transaction` is a part of it. Prisma 7
 * runs `tx.$transaction([…])` in a transaction of its own, on another
 * connection: what an effect writes there stays when the effect fails, and its
 * retry writes it again. Prisma 6 has no such member.
 */
export function effectTransaction<Tx extends RawQueries>(tx: Tx): Tx {
  const whole: Tx = new Proxy(tx, {
    get: (_, name) => (name === '$transaction' ? inPart : Reflect.get(tx, name)),
  })

  function inPart(input: Input<Tx>, { isolationLevel }: Options = {}): Promise<unknown> {
    if (isolationLevel !== undefined && isolationLevel !== 'ReadCommitted') {
      throw new Error(
        `$transaction was called with the isolation level ${isolationLevel} inside an effect, which is one transaction in READ COMMITTED; leave the level out, or lock the rows that must not change.`,
      )
    }
    return withSavepoint(tx, () => (typeof input === 'function' ? input(whole) : inOrder(input)))
  }

  return whole
}

/** A part that fails leaves nothing, also where the effect catches its error and goes on. */
async function withSavepoint<T>(tx: RawQueries, work: () => Promise<T>): Promise<T> {
  const query = queryIn(tx)
  await query('savepoint part', [])
  try {
    const result = await work()
    await query('release savepoint part', [])
    return result
  } catch (error) {
    await query('rollback to savepoint part', [])
    // Or it would hide the savepoint of the part around this one.
    await query('release savepoint part', [])
    throw error
  }
}

/** A call of Prisma is sent when it is awaited, and then in the transaction that it was made with. */
async function inOrder(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results: unknown[] = []
  for (const call of calls) results.push(await call)
  return results
}
