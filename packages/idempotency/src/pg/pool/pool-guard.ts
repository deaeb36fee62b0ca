import type pg from 'pg'
import { verifyCommit } from './verify-commit.ts'

/**
 * Makes a pool destroy every client that is released inside a transaction, with a
 * statement still running, after a failed COMMIT, or after the database reported
 * that it accepts no writes.
 *
 * The danger, measured: a statement hangs, the client gives up on it, and also on
 * the ROLLBACK queued behind it, which is never sent. Prisma releases the client
 * as healthy. Later the statement ends on the server, and the open transaction
 * swallows the next writes: each is acknowledged, none is ever committed, and all
 * vanish when the connection closes.
 *
 * And a session keeps the settings that it began with: a session that began while
 * the database was read-only, or on a server that was then a standby, would refuse
 * writes for as long as it lives.
 *
 * After a failed COMMIT its outcome is read over another connection, because the
 * proxy or the node behind this one may be the cause.
 *
 * Guards the clients that are connected from now on; a pool is guarded once,
 * however often this is called.
 */
export function guardPool(pool: pg.Pool): pg.Pool {
  if (guarded.has(pool)) return pool
  guarded.add(pool)
  const spent = new WeakSet<pg.ClientBase>()
  pool.on('connect', (client) => {
    // The pool listens only while a client is idle. The running statement is rejected as well; the
    // event alone, of a connection that breaks between two statements, would end the process.
    client.on('error', () => {})
    verifyCommit(client, () => spent.add(client))
    onSqlState(client, (state) => {
      if (state === takesNoWrites) spent.add(client)
    })
  })
  pool.on('release', (_error, client) => {
    // The pool looks at the client after this event and drops one that is ending.
    if (spent.has(client) || !isIdle(client)) void client.end()
  })
  return pool
}

const guarded = new WeakSet<pg.Pool>()

const takesNoWrites = '25006'

/**
 * The transaction status is the one of the last answer; `readyForQuery` says
 * whether that was the answer to the last statement. It is missing in the types
 * of pg, which offers no other way to see a running statement.
 */
function isIdle(client: pg.PoolClient): boolean {
  const { readyForQuery } = client as pg.PoolClient & { readonly readyForQuery?: boolean }
  return readyForQuery === true && client.getTransactionStatus() === 'I'
}

/** Calls the listener with every SQLSTATE that the database sends to a client, also when a library above pg swallows the error. */
export function onSqlState(client: pg.ClientBase, listener: (state: string) => void): void {
  // Missing in the types of pg.
  const { connection } = client as pg.ClientBase & { readonly connection: Connection }
  connection.on('errorMessage', ({ code }) => listener(code ?? ''))
}

type Connection = {
  on(event: 'errorMessage', listener: (message: { readonly code?: string }) => void): void
}

/** Whether it is a pool of `pg`, and not a single client or another driver. */
export function isPgPool(client: unknown): client is pg.Pool {
  return (
    typeof client === 'object' && client !== null && 'totalCount' in client && 'connect' in client
  )
}
