import type pg from 'pg'
import type { IdempotencyAdapter, Pipelining, Query, Statement } from '../adapter.ts'
import { codeOf } from './errors/code-of.ts'
import { guardPool } from './pool/pool-guard.ts'
import { begin, queryTimeoutMs, sendTogether, timeLimited } from './transaction/send-together.ts'
import { orEscape, refusedAfterEnd, watchedTransaction } from './transaction/watch-transaction.ts'

/**
 * Transactions on a pool of `pg`, which is guarded from now on. The effect gets
 * a client that works until the effect has ended, and must leave `begin`,
 * `commit` and `rollback` to the adapter: its connection is destroyed when it
 * sends one of them. Changes no session setting, and gives a
 * statement a name only in a session that belongs to its connection, so the pool may
 * connect to a pooler in transaction mode.
 *
 * Give the pool a `query_timeout`: otherwise a dead connection holds an effect for
 * ever. The adapter's own statements end after a minute.
 */
export function pgAdapter(pool: pg.Pool): IdempotencyAdapter<pg.PoolClient> {
  guardPool(pool)

  return {
    codeOf,
    revoke,

    async transaction(work, opening) {
      const client = await pool.connect()
      // A client from before the guard has no listener, and the event would end the process.
      client.on('error', ignore)
      let broken: Error | undefined
      try {
        return await inTransaction(client, work, opening?.())
      } catch (error) {
        if (isSilent(error)) broken = error
        throw error
      } finally {
        client.off('error', ignore)
        // The guard destroys a client that is still inside a transaction.
        client.release(broken)
      }
    },
  }
}

type Work<T> = (tx: pg.PoolClient, query: Query, pipelining?: Pipelining) => Promise<T>

async function inTransaction<T>(
  client: pg.PoolClient,
  work: Work<T>,
  opening: readonly Statement[] | undefined,
): Promise<T> {
  const transaction = watchedTransaction(client)
  const tx = revocableClient(client)
  const query: Query = async (text, values) => {
    const statement = timeLimited(client, { text, values: [...values] }, queryTimeoutMs)
    return (await client.query(statement)).rows
  }
  const closing: Statement[] = []
  const atCommit: Pipelining['atCommit'] = (statement) => closing.push(statement)
  try {
    const [, ...opened] = await sendTogether(client, [begin, ...(opening ?? [])], queryTimeoutMs)
    transaction.isWatched = true
    const pipelining = opening && { opened, atCommit }
    const result = await work(tx, query, pipelining).finally(() => revoke(tx))
    await sendTogether(client, [...closing, { text: 'commit', values: [] }], queryTimeoutMs)
    return result
  } catch (error) {
    transaction.isWatched = false
    // Useless when the connection is gone; a server that does not respond would not answer it either.
    if (!isSilent(error)) await query('rollback', []).catch(ignore)
    throw orEscape(client, error)
  }
}

/** The client gave up waiting: a second wait of the same length would use up the request's time. */
function isSilent(error: unknown): error is Error {
  return error instanceof Error && codeOf(error) === 'ETIMEDOUT'
}

function ignore(): void {}

/**
 * The client of an effect: after `revoke` it sends nothing more.
 *
 * The danger: one branch of an effect fails while another still waits for its
 * statement. The next statement of that branch would be queued behind the
 * ROLLBACK, and pg would send it as soon as that is answered, before the client
 * can be released: it would be committed by itself. Later still the client is in
 * the pool, or in the transaction of another request.
 */
function revocableClient(client: pg.PoolClient): pg.PoolClient {
  const revocable: pg.PoolClient = new Proxy(client, {
    get(_, name) {
      const member: unknown = Reflect.get(client, name)
      if (name !== 'query' || typeof member !== 'function') return member
      // Rejects as a statement does: an error thrown in a timer would end the process.
      return (...statement: unknown[]) => {
        if (revoked.has(revocable)) return Promise.reject(refusedAfterEnd())
        return Reflect.apply(member, client, statement)
      }
    },
  })
  return revocable
}

function revoke(revocable: pg.PoolClient): void {
  revoked.add(revocable)
}

const revoked = new WeakSet<pg.PoolClient>()
