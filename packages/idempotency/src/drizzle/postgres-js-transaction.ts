import type { Query, Row } from '../adapter.ts'
import { failure, rolledBack } from '../pg/pool/verify-commit.ts'
import { refusedAfterEnd } from '../pg/transaction/watch-transaction.ts'

/** The part of a client of postgres.js that a transaction needs. */
export type PostgresJs = {
  begin<T>(work: (sql: object) => Promise<T>): Promise<T>
  unsafe(text: string, values: readonly unknown[], options: object): Statement
}

/** A statement is given to its handler once it is awaited. */
type Statement = PromiseLike<Result> & {
  handler: (statement: Statement) => void
  reject(error: Error): void
}

type Result = Row[] & { readonly command?: string }

/** The internals that postgres.js uses for a transaction; there is no other way to see that a connection is lost or serves another owner. */
type Connection = {
  execute(statement: Statement): unknown
  /** While it is set, no other statement is given to the connection. Null after the end of the transaction. */
  reserved: (() => void) | null
  /** All connections in the same state. It is removed from this one when it closes, and after the end of the transaction. */
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
 * a connection that has not answered one after `timeoutMs` is closed.
 */
export function postgresJsTransaction(client: PostgresJs, timeoutMs: number) {
  let connection: Connection | undefined
  let isRevoked = false
  let savepoints = 0
  /** Why nothing more is sent. */
  let over: Error | undefined
  /** All that was sent is answered. A statement with parameters is sent in two parts, and no other one may come in between. */
  let answers: Promise<unknown> = Promise.resolve()

  const statementOf =
    (handler: (statement: Statement) => void) =>
    (text: string, values: readonly unknown[] = [], options?: object): Statement =>
      Object.assign(client.unsafe(text, values, { ...options, prepare: false }), { handler })

  function send(statement: Statement): void {
    const sent = answers.then(() => {
      if (over === undefined) connection?.execute(statement)
      else statement.reject(over)
      return answered(statement)
    })
    answers = sent.catch((error: object) => {
      // An error of the socket. It is closed later, and postgres.js would not reject what is sent until then.
      if ('errno' in error) over ??= failure('connection_lost', gone)
    })
  }

  function sendOfEffect(statement: Statement): void {
    if (isRevoked) statement.reject(refusedAfterEnd())
    else send(statement)
  }

  async function answered(statement: Statement): Promise<Result> {
    const timer = setTimeout(() => connection?.terminate(), timeoutMs)
    try {
      return await statement
    } finally {
      clearTimeout(timer)
    }
  }

  const query = async (text: string, values?: readonly unknown[]): Promise<Result> =>
    statementOf(send)(text, values)

  /** Sends BEGIN right behind an empty statement. A connection that is too busy answers that without being taken. */
  async function open(): Promise<void> {
    let begun: Promise<unknown> | undefined
    const onexecute = (taken: Connection) => {
      const beginning = statementOf(ignore)('begin isolation level read committed')
      connection = taken
      taken.reserved = ignore
      taken.execute(beginning)
      begun = answered(beginning).then(() => {
        taken.queue.remove(taken)
        taken.queue = { remove: leave }
      })
      // Rejected together with the empty statement, if the connection is lost.
      begun.catch(ignore)
    }
    while (begun === undefined) await client.unsafe('', [], { onexecute })
    await begun
  }

  function leave({ reserved }: Connection): void {
    // The end sets it to null first, and it may have been an end that the effect sent.
    over ??= failure(reserved ? 'connection_lost' : 'effect_escaped', gone)
  }

  const unsafe = statementOf(sendOfEffect)

  async function savepoint<T>(work: (part: object) => Promise<T>): Promise<T> {
    savepoints += 1
    const name = `savepoint idem_part_${savepoints}`
    await unsafe(name)
    try {
      const result = await work({ unsafe, savepoint })
      await unsafe(`release ${name}`)
      return result
    } catch (error) {
      await unsafe(`rollback to ${name}`)
      throw error
    }
  }

  return {
    /** Replaces `begin` of postgres.js. */
    async begin<T>(work: (sql: object) => Promise<T>): Promise<T> {
      await open()
      try {
        const result = await work({ unsafe, savepoint })
        if ((await query('commit')).command !== 'COMMIT') throw failure('25P02', rolledBack)
        return result
      } catch (error) {
        // Refused when the transaction is over.
        await query('rollback').catch(ignore)
        throw error
      }
    },

    /** False if the caller of `begin` used another one. */
    isOpen: () => connection !== undefined,
    revoke(): void {
      isRevoked = true
    },
    query: query satisfies Query,
  }
}

function ignore(): void {}

const gone = 'The transaction has ended, or its connection was lost.'
