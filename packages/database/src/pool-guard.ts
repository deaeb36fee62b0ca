import type pg from 'pg'

/**
 * Makes a pool destroy every client that is handed back inside a transaction or
 * with a statement still running.
 *
 * The danger, measured: a statement hangs, the client gives up on it, and the
 * ROLLBACK queued behind it is given up as well, so it is never sent. Prisma
 * hands the client back as healthy. Later the statement ends on the server and
 * the open transaction swallows the next writes: each is acknowledged, none is
 * ever committed, and all vanish when the connection closes.
 */
export function guardPool(pool: pg.Pool): pg.Pool {
  pool.on('connect', refuseSilentRollback)
  pool.on('release', (_error, client) => {
    // The pool looks at the client after this event and drops one that is ending.
    if (!isIdle(client)) void client.end()
  })
  return pool
}

/**
 * The transaction status is the one of the last answer; `readyForQuery` says
 * whether that was the answer to the last statement. It is missing in the types
 * of pg, which offers no other way to see a running statement.
 */
function isIdle(client: pg.PoolClient): boolean {
  const { readyForQuery } = client as pg.PoolClient & { readonly readyForQuery?: boolean }
  return readyForQuery === true && client.getTransactionStatus() === 'I'
}

/**
 * The COMMIT of a transaction in which a statement failed succeeds, and its
 * only sign of having rolled back is the word in its answer, which nobody
 * reads: a caller that swallowed the statement's error would report as done
 * what never happened.
 */
function refuseSilentRollback(client: pg.PoolClient): void {
  const query: (...parameters: unknown[]) => unknown = client.query.bind(client)
  const checked = (...parameters: unknown[]) => {
    const result = query(...parameters)
    return isCommit(parameters[0]) && result instanceof Promise ? result.then(mustCommit) : result
  }
  Object.assign(client, { query: checked })
}

function isCommit(statement: unknown): boolean {
  const text = typeof statement === 'string' ? statement : (statement as pg.QueryConfig).text
  return /^\s*(commit|end)\b/i.test(text)
}

function mustCommit(result: pg.QueryResult): pg.QueryResult {
  if (result.command !== 'ROLLBACK') return result
  const message =
    'The transaction was to be committed, but a statement in it had failed, so the database rolled it back; do not swallow the error of a statement unless you roll back to a savepoint.'
  throw Object.assign(new Error(message), { code: '25P02' })
}
