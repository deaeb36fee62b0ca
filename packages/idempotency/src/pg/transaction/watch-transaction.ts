import type pg from 'pg'

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
  let hasFailed = false
  const escaped = () => {
    // A COMMIT that the database refused has committed nothing, and its error is the one to report.
    transaction.hasEscaped ||= !hasFailed
    // Its pool gives an ended client to nobody.
    void (client as pg.Client).end()
    connection?.stream.destroy()
  }
  connection?.prependListener('errorMessage', () => {
    hasFailed = true
  })
  // Before the listener of the client, in which it sends the next statement.
  connection?.prependListener('readyForQuery', ({ status }) => {
    if (transaction.isWatched && status === 'I') escaped()
    hasFailed = false
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
    event: 'readyForQuery' | 'commandComplete' | 'errorMessage',
    listener: (message: { readonly status?: string; readonly text?: string }) => void,
  ): void
}

/** The error of a transaction that its effect has ended; `codeOf` reads its code. */
export function escapeError(cause?: unknown): Error {
  return Object.assign(new Error(escaped, { cause }), { code: 'effect_escaped' })
}

/** After an escape no error says what is committed. */
export function orEscape(client: pg.ClientBase | undefined, error: unknown): unknown {
  return client && watchedTransaction(client).hasEscaped ? escapeError(error) : error
}

const escaped = 'The effect ended its own transaction, or began another one; use savepoints.'

/** The error of a statement that an effect sends after its end. */
export function refusedAfterEnd(): Error {
  return new Error(
    'A statement was refused because its effect has ended; await everything that an effect starts.',
  )
}
