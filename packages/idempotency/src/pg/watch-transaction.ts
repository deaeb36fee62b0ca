import type pg from 'pg'
import { isSqlState } from '../run/sql-state.ts'
import { codeOf } from './code-of.ts'

/** The transaction of a client. */
export type WatchedTransaction = {
  /** Whether it belongs to an effect. The adapter begins and ends it before and after that. */
  isWatched: boolean
  /** Whether the effect has ended the transaction, or begun another one. */
  hasEscaped: boolean
}

/**
 * Watches whether an effect ends its own transaction.
 *
 * The danger: a helper that begins and rolls back on the connection of the effect.
 * Each later statement would commit by itself, without the record of the key, and
 * the next attempt would repeat it. So the connection is destroyed before it
 * sends anything more, including queued statements.
 */
export function watchedTransaction(client: pg.ClientBase): WatchedTransaction {
  const known = transactions.get(client)
  if (known !== undefined) return known
  const transaction = { isWatched: false, hasEscaped: false }
  transactions.set(client, transaction)
  // Missing in the types of pg. The native client has no connection, and is not watched.
  const { connection } = client as { connection?: Connection }
  const escaped = () => {
    transaction.hasEscaped = true
    // So that its pool gives it to nobody.
    void (client as pg.Client).end()
    connection?.stream.destroy()
  }
  // Before the listener of the client, in which it sends the next statement.
  connection?.prependListener('readyForQuery', ({ status }) => {
    if (transaction.isWatched && status === 'I') escaped()
  })
  // The status is the one after the last statement of a text, which may have begun another transaction.
  connection?.prependListener('commandComplete', ({ text = '' }) => {
    if (transaction.isWatched && endsTransaction.test(text)) escaped()
  })
  return transaction
}

const transactions = new WeakMap<pg.ClientBase, WatchedTransaction>()

/** Answers of statements. That of ROLLBACK is also the one of ROLLBACK TO SAVEPOINT. */
const endsTransaction = /^(BEGIN|START TRANSACTION|COMMIT)$/

type Connection = {
  readonly stream: { destroy(): void }
  prependListener(
    event: 'readyForQuery' | 'commandComplete',
    listener: (message: { readonly status?: string; readonly text?: string }) => void,
  ): void
}

/** The error of a transaction that its effect has ended; `codeOf` reads its code. */
export function escapeError(cause?: unknown): Error {
  return Object.assign(new Error(escaped, { cause }), { code: 'effect_escaped' })
}

/** After an escape an error says nothing about what is committed, unless it is the database's, which may have ended the transaction. */
export function orEscape(client: pg.ClientBase | undefined, error: unknown): unknown {
  const hasEscaped = client !== undefined && watchedTransaction(client).hasEscaped
  return hasEscaped && !isSqlState(codeOf(error)) ? escapeError(error) : error
}

const escaped = 'The effect ended its own transaction, or began another one; use savepoints.'
