import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import type { Pipelining, Query, Statement } from '../adapter.ts'
import { refusedAfterEnd } from '../refused-after-end.ts'
import { begin, sendTogether } from './send-together.ts'
import { timeLimited } from './time-limited.ts'

/** The connection of one transaction that a library opens on a pool of `pg`, for the statements of this package. */
export type DirectConnection = {
  /** Opens the transaction with the library. The connection that it takes is this one. */
  run<T>(openTransaction: () => T): T
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
 */
export function directConnection(pool: pg.Pool, timeoutMs: number): DirectConnection {
  watchConnections(pool)
  const closing: Statement[] = []
  /** What the library sent to begin. */
  const held: unknown[][] = []
  let connection: pg.PoolClient | undefined
  let isBegun = false
  let isRevoked = false

  function take(client: pg.PoolClient): pg.PoolClient {
    // An effect may take further connections from the pool.
    if (connection !== undefined) return client
    connection = client
    return new Proxy(client, {
      get: (_, name) => (name === 'query' ? sendFor(client) : Reflect.get(client, name)),
    })
  }

  /** The statements of the library pass through here. */
  function sendFor(client: pg.PoolClient) {
    return async (...given: unknown[]): Promise<unknown> => {
      const [statement] = given
      const text = String(typeof statement === 'string' ? statement : Object(statement).text)
      if (isRevoked && !ending.test(text)) throw refusedAfterEnd()
      if (!isBegun) {
        if (beginning.test(text)) held.push(given)
        if (beginning.test(text) || ending.test(text)) return withoutRows
        // A library that sends something of its own first, or a connection that it uses for something else.
        isBegun = true
        for (const each of held) await Reflect.apply(client.query, client, each)
      }
      if (!/^commit$/i.test(text)) return Reflect.apply(client.query, client, given)
      await sendTogether(client, [...closing, { text, values: [] }], timeoutMs)
      return withoutRows
    }
  }

  return {
    run: (openTransaction) => current.run(take, openTransaction),

    async open(opening) {
      const client = connection
      if (client === undefined || isBegun) return undefined
      const first = opening?.()
      isBegun = true
      const [, ...opened] = await sendTogether(client, [begin, ...(first ?? [])], timeoutMs)
      const query: Query = async (text, values) =>
        (await client.query(timeLimited(client, { text, values: [...values] }, timeoutMs))).rows
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

function watchConnections(pool: pg.Pool): void {
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

/** What a library reads of the result of BEGIN or COMMIT. */
const withoutRows = { rows: [], fields: [], rowCount: 0 }
