import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import type { Pipelining, Query, Statement } from '../adapter.ts'
import { refusedAfterEnd } from '../refused-after-end.ts'
import { endsOnce, withoutRows } from './ends-once.ts'
import { begin, commit, sendTogether } from './send-together.ts'
import { timeLimited } from './time-limited.ts'
import { escapeError, orEscape, watchedTransaction } from './watch-transaction.ts'

/** The connection of one transaction that a library opens on a pool of `pg`, for the statements of this package. */
export type DirectConnection = {
  /** Opens the transaction with the library. The connection that it takes is this one. */
  run<T>(openTransaction: () => Promise<T>): Promise<T>
  /** Sends BEGIN and these statements. Undefined if the library has taken no connection from the pool, or has begun already. */
  open(opening?: () => readonly Statement[]): Promise<Opened | undefined>
  /**
   * From now on the library can only end the transaction; `query` of `open` still works.
   * Otherwise a builder that is awaited late writes into the transaction that the
   * connection is in by then, which may be of another owner.
   */
  revoke(): void
}

export type Opened = { readonly query: Query; readonly pipelining: Pipelining | undefined }

/**
 * The library opens, ends and releases its transaction as always, but its BEGIN
 * waits for the claim, and its COMMIT takes the answer with it. Otherwise BEGIN, the
 * claim, the answer and COMMIT are four round trips, and the library translates
 * each of them.
 *
 * A library that opens a pool of its own calls it without one, and `watchConnections` later.
 */
export function directConnection(pool: pg.Pool | undefined, timeoutMs: number): DirectConnection {
  if (pool !== undefined) watchConnections(pool)
  const closing: Statement[] = []
  /** What the library sent to begin. */
  const held: unknown[][] = []
  let connection: pg.PoolClient | undefined
  let isBegun = false
  let isRevoked = false
  /** The transaction has an effect, whose outcome comes before COMMIT. */
  let isClaimed = false
  /** COMMIT or ROLLBACK was sent. */
  let isOver = false

  function take(client: pg.PoolClient): pg.PoolClient {
    // An effect may take further connections from the pool.
    if (connection !== undefined) return client
    connection = client
    const send = sendFor(client)
    return endsOnce(
      new Proxy(client, {
        get: (_, name) => (name === 'query' ? send : Reflect.get(client, name)),
      }),
    )
  }

  /** The statements of the library pass through here, and so do those of the effect. */
  function sendFor(client: pg.PoolClient) {
    return async (...given: unknown[]): Promise<unknown> => {
      const [statement] = given
      const text = String(typeof statement === 'string' ? statement : Object(statement).text)
      const refusal = refusalOf(client, text)
      // Nothing is left to roll back.
      if (refusal !== undefined && /^rollback$/i.test(text)) return withoutRows
      if (refusal !== undefined) throw refusal
      isOver = ending.test(text)
      if (!isBegun) {
        if (beginning.test(text)) held.push(given)
        if (beginning.test(text) || isOver) return withoutRows
        // A library that sends something of its own first, or a connection that it uses for something else.
        await beginItself(client)
      }
      if (commit.test(text)) return commitOn(client, text)
      if (isOver) watchedTransaction(client).isWatched = false
      return Reflect.apply(client.query, client, given)
    }
  }

  /**
   * The danger: a statement that was built before the end of its transaction and is awaited
   * afterwards. By then the pool may have given the connection to another effect, in whose
   * transaction it would be executed.
   */
  function refusalOf(client: pg.PoolClient, text: string): Error | undefined {
    const isEarly = isClaimed && closing.length === 0 && commit.test(text)
    if (isEarly || watchedTransaction(client).hasEscaped) return escapeError()
    if (isOver && commit.test(text)) return escapeError()
    return isOver || (isRevoked && !ending.test(text)) ? refusedAfterEnd() : undefined
  }

  async function beginItself(client: pg.PoolClient): Promise<void> {
    isBegun = true
    for (const each of held) await Reflect.apply(client.query, client, each)
    watchedTransaction(client).isWatched = true
  }

  async function commitOn(client: pg.PoolClient, text: string): Promise<object> {
    try {
      await sendTogether(client, [...closing, { text, values: [] }], timeoutMs)
      return withoutRows
    } catch (error) {
      // The statement before COMMIT has failed, and the library rolls back.
      isOver = client.getTransactionStatus() === 'I'
      throw error
    }
  }

  return {
    async run(openTransaction) {
      try {
        return await current.run(take, openTransaction)
      } catch (error) {
        throw orEscape(connection, error)
      }
    },

    async open(opening) {
      const client = connection
      if (client === undefined || isBegun) return undefined
      const first = opening?.()
      isBegun = true
      const [, ...opened] = await sendTogether(client, [begin, ...(first ?? [])], timeoutMs)
      isClaimed = opened[0] === 1
      watchedTransaction(client).isWatched = true
      const query: Query = async (text, values) => {
        if (isOver) throw escapeError()
        return (await client.query(timeLimited(client, { text, values: [...values] }, timeoutMs)))
          .rows
      }
      const atCommit: Pipelining['atCommit'] = (statement) => closing.push(statement)
      return { query, pipelining: first && { opened, atCommit } }
    },

    revoke() {
      isRevoked = true
    },
  }
}

type Take = (client: pg.PoolClient) => pg.PoolClient

const current = new AsyncLocalStorage<Take>()
const watched = new WeakSet<pg.Pool>()

/** Of a pool on which `directConnection` finds the connections of a library. */
export function watchConnections(pool: pg.Pool): void {
  if (watched.has(pool)) return
  watched.add(pool)
  const connect = pool.connect.bind(pool) as (...given: unknown[]) => Promise<pg.PoolClient>
  const watching = (...given: unknown[]) => {
    const take = current.getStore()
    // With a callback it is called by `pool.query`, for a statement that runs by itself.
    return take === undefined || given.length > 0 ? connect(...given) : connect().then(take)
  }
  Object.assign(pool, { connect: watching })
}

const beginning = /^(begin|set transaction)\b/i
const ending = /^(commit|rollback)$/i
