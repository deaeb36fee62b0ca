import type { Query, Row } from '../adapter.ts'
import { failure, rolledBack } from '../pg/verify-commit.ts'
import { refusedAfterEnd } from '../refused-after-end.ts'

/** The part of a client of postgres.js that a transaction needs. */
export type PostgresJs = {
  begin<T>(work: (sql: object) => Promise<T>): Promise<T>
  unsafe(text: string, values: readonly unknown[], options: object): Statement
}

/** It is given to its handler once it is awaited. */
type Statement = PromiseLike<Result> & {
  handler: (statement: Statement) => void
  reject(error: Error): void
}

type Result = Row[] & { readonly command?: string }

/** What postgres.js itself uses for a transaction; there is no other way to see that a connection is lost or serves another owner. */
type Connection = {
  /** Not true: it takes the next statement when all before are answered. */
  execute(statement: Statement): unknown
  /** Called when all that was sent is answered and the transaction is still open. */
  reserved: (() => void) | null
  /** Of all connections in the same state. It is removed from this one when it closes, and after the end of the transaction. */
  queue: { remove(connection: Connection): unknown }
  terminate(): void
}

/**
 * A transaction of postgres.js in the place of its own `begin`, which three faults
 * make unsafe:
 *
 * - It prepares its COMMIT. Behind a pooler in transaction mode, and after
 *   `deallocate all`, the name is unknown; that aborts the transaction, postgres.js
 *   sends COMMIT again, and takes the answer ROLLBACK for success.
 * - When the connection is lost, later statements are written to a closed socket,
 *   which ends the process, wait for ever, or run outside the transaction on a
 *   connection that serves another owner by then.
 * - A statement that is sent after the end runs in the transaction of another owner.
 *
 * This one prepares nothing, reads the answer to COMMIT, and sends nothing after the
 * end or after the loss of its connection. postgres.js has no time-out for a statement, so
 * a connection that has not answered one of this package after `timeoutMs` is closed.
 */
export function postgresJsTransaction(client: PostgresJs, timeoutMs: number) {
  const waiting: Statement[] = []
  let connection: Connection | undefined
  let isFull = false
  let isRevoked = false
  let savepoints = 0
  /** Why nothing more is sent. */
  let over: Error | undefined

  function create(text: string, values: readonly unknown[] = [], options?: object): Statement {
    return client.unsafe(text, values, { ...options, prepare: false })
  }

  function send(statement: Statement): void {
    if (over !== undefined) statement.reject(over)
    else if (isFull) waiting.push(statement)
    else isFull = !connection?.execute(statement)
  }

  function sendOfEffect(statement: Statement): void {
    if (isRevoked) statement.reject(refusedAfterEnd())
    else send(statement)
  }

  function sendNext(): void {
    if (connection !== undefined && connection.queue !== queue) {
      connection.queue.remove(connection)
      connection.queue = queue
    }
    const statement = waiting.shift()
    isFull = statement !== undefined
    if (statement !== undefined) connection?.execute(statement)
  }

  function stop(): void {
    // Only after an end of the transaction it is not reserved any more; the effect may have ended it.
    over ??= connection?.reserved
      ? failure('connection_lost', lost)
      : failure('effect_escaped', escaped)
    for (const statement of waiting.splice(0)) statement.reject(over)
  }

  const queue: Connection['queue'] = { remove: stop }

  async function answered(statement: Statement): Promise<Result> {
    const timer = setTimeout(() => {
      connection?.terminate()
      stop()
    }, timeoutMs)
    try {
      return await statement
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends BEGIN right behind an empty statement, which a connection that is too busy keeps for itself. */
  async function open(): Promise<void> {
    const beginning = create('begin isolation level read committed')
    beginning.handler = ignore
    // Rejected together with the empty statement, if the connection is lost.
    beginning.then(ignore, ignore)
    const onexecute = (taken: Connection) => {
      connection = taken
      taken.reserved = sendNext
      taken.execute(beginning)
    }
    for (let tries = 1; connection === undefined; tries += 1) {
      if (tries > mostTries) throw failure('pool_wait', busy)
      await client.unsafe('', [], { onexecute })
    }
    await answered(beginning)
  }

  /** COMMIT or ROLLBACK, after all that was sent before. */
  async function end(text: 'commit' | 'rollback'): Promise<string | undefined> {
    const ending = create(text)
    ending.handler = ignore
    send(ending)
    over ??= refusedAfterEnd()
    return (await answered(ending)).command
  }

  const transaction = {
    unsafe(text: string, values?: readonly unknown[], options?: object): Statement {
      const statement = create(text, values, options)
      statement.handler = sendOfEffect
      return statement
    },

    async savepoint<T>(work: (part: object) => Promise<T>): Promise<T> {
      savepoints += 1
      const name = `idem_part_${savepoints}`
      await transaction.unsafe(`savepoint ${name}`)
      try {
        const result = await work(transaction)
        await transaction.unsafe(`release savepoint ${name}`)
        return result
      } catch (error) {
        await transaction.unsafe(`rollback to savepoint ${name}`)
        throw error
      }
    },
  }

  return {
    /** In the place of `begin` of postgres.js. */
    async begin<T>(work: (sql: object) => Promise<T>): Promise<T> {
      await open()
      try {
        const result = await work(transaction)
        if ((await end('commit')) !== 'COMMIT') throw failure('25P02', rolledBack)
        return result
      } catch (error) {
        await end('rollback').catch(ignore)
        throw error
      }
    },

    /** False if the caller of `begin` used another one. */
    isOpen: () => connection !== undefined,

    revoke(): void {
      isRevoked = true
    },

    query: ((text, values) => {
      const statement = create(text, values)
      statement.handler = send
      return answered(statement)
    }) satisfies Query,
  }
}

/** Each of them waits for an answer of the connection, so that these are many milliseconds. */
const mostTries = 10

function ignore(): void {}

const lost = 'The connection was lost during the transaction.'
const escaped =
  'The effect ended its own transaction, so its record may be lost; leave COMMIT and ROLLBACK to the adapter.'
const busy =
  'postgres.js gave the transaction no connection of its own: each has too many statements in progress. Raise its option max.'
