import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import type { Pipelining, Query, Statement } from '../../adapter.ts'
import { begin, commit, sendTogether, timeLimited } from './send-together.ts'
import { escapeError, orEscape, refusedAfterEnd, watchedTransaction } from './watch-transaction.ts'

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
 * The transaction ends once, and the connection is released once, also when the end fails. The
 * danger: an engine of Prisma 6 releases the connection of a slow COMMIT twice, and takes it from
 * another request. And when the connection is lost, Prisma 6 never releases it, so it keeps its
 * place in the pool.
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
  /** The answer to COMMIT or ROLLBACK, once that was sent. */
  let ended: Promise<unknown> | undefined

  function take(client: pg.PoolClient): pg.PoolClient {
    // An effect may take further connections from the pool.
    if (connection !== undefined) return client
    connection = client
    // Each time that the pool lends the client it gives it another function.
    let { release } = client
    const releaseOnce: typeof release = (error) => {
      release(error)
      release = () => {}
    }

    /** The statements of the library pass through here, and so do those of the effect. */
    async function send(...given: unknown[]): Promise<unknown> {
      const [statement] = given
      const text = String(typeof statement === 'string' ? statement : Object(statement).text)
      const isRollback = rollback.test(text)
      const refusal = refusalOf(client, text)
      if (refusal !== undefined && !isRollback) throw refusal
      if (!isRollback && !commit.test(text)) {
        if (!isBegun && beginning.test(text)) {
          held.push(given)
          return withoutRows
        }
        // A library that sends something of its own first, or a connection that it uses for something else.
        if (!isBegun) await beginItself(client)
        return Reflect.apply(client.query, client, given)
      }
      // After an end nothing is left to roll back.
      if (refusal === undefined) ended = end(client, text)
      try {
        await ended
      } catch (error) {
        // The database refused to commit. Unless that has rolled back, the library does.
        const isRefused = !isRollback && 'severity' in Object(error)
        if (!isRefused) releaseOnce(error as Error)
        else if (client.getTransactionStatus() !== 'I') ended = undefined
        // A closed connection rolls back. Prisma 6 ends the process when a ROLLBACK at its time limit fails.
        if (!isRollback) throw error
      }
      return withoutRows
    }

    const replaced: Record<string | symbol, unknown> = { query: send, release: releaseOnce }
    return new Proxy(client, { get: (_, name) => replaced[name] ?? Reflect.get(client, name) })
  }

  /**
   * The danger: a statement that was built before the end of its transaction and is awaited
   * afterwards. By then the pool may have given the connection to another effect, in whose
   * transaction it would be executed.
   */
  function refusalOf(client: pg.PoolClient, text: string): Error | undefined {
    const isOver = ended !== undefined
    const isEarly = isClaimed && closing.length === 0
    const isCommit = commit.test(text)
    if (watchedTransaction(client).hasEscaped || (isCommit && (isEarly || isOver))) {
      return escapeError()
    }
    const isEnd = isCommit || rollback.test(text)
    return isOver || (isRevoked && !isEnd) ? refusedAfterEnd() : undefined
  }

  async function beginItself(client: pg.PoolClient): Promise<void> {
    isBegun = true
    for (const each of held) await Reflect.apply(client.query, client, each)
    watchedTransaction(client).isWatched = true
  }

  async function end(client: pg.PoolClient, text: string): Promise<unknown> {
    if (!isBegun) return
    if (commit.test(text))
      return sendTogether(client, [...closing, { text, values: [] }], timeoutMs)
    watchedTransaction(client).isWatched = false
    return client.query(text)
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
      watchedTransaction(client).isWatched = true
      const query: Query = async (text, values) => {
        if (ended !== undefined) throw escapeError()
        return (await client.query(timeLimited(client, { text, values: [...values] }, timeoutMs)))
          .rows
      }
      const atCommit: Pipelining['atCommit'] = (statement) => closing.push(statement)
      const onClaim = () => {
        isClaimed = true
      }
      return { query, pipelining: first && { opened, onClaim, atCommit } }
    },

    revoke() {
      isRevoked = true
    },
  }
}

type Take = (client: pg.PoolClient) => pg.PoolClient

const current = new AsyncLocalStorage<Take>()
const watched = new WeakSet<pg.Pool>()

/** Lets `directConnection` find the connections that a library takes from the pool. */
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
const rollback = /^rollback$/i

/** What a library reads of the result of BEGIN, COMMIT or ROLLBACK. */
const withoutRows = { rows: [], fields: [], rowCount: 0 }
