import type pg from 'pg'

/**
 * Makes a client usable behind a pooler in transaction mode, where two transactions of one client may
 * run on two sessions, each of which serves other clients in between:
 *
 * - A transaction starts with `begin` and its settings.
 * - A single statement becomes such a transaction. Otherwise a claim would wait for a lock without
 *   limit, and Prisma would read dates in the time zone of the database. It costs two more round trips.
 * - No statement has a name: the next session would not know it, or know another statement by it.
 */
export function poolTransactions(client: pg.ClientBase, begin: string): void {
  const query = client.query.bind(client) as (...given: unknown[]) => Promise<pg.QueryResult>

  async function send(statement: unknown, values: readonly unknown[]): Promise<pg.QueryResult> {
    if (isBegin(statement)) return query(begin)
    if (isInTransaction(client)) return query(statement, ...values)
    await query(begin)
    try {
      const result = await query(statement, ...values)
      await query('commit')
      return result
    } catch (error) {
      // Without effect on a lost connection; the pool does not reuse a client with an open transaction.
      await query('rollback').catch(() => undefined)
      throw error
    }
  }

  Object.assign(client, {
    query(given: unknown, ...rest: unknown[]) {
      const done = rest.at(-1)
      const statement = nameless(given)
      // The pool's own `query` passes a callback; all other callers await a promise.
      if (typeof done !== 'function') return send(statement, rest)
      send(statement, rest.slice(0, -1)).then(
        (result) => done(null, result),
        (error: unknown) => done(error),
      )
      return undefined
    },
  })
}

/** A client that has not sent anything has no status. */
function isInTransaction(client: pg.ClientBase): boolean {
  return ['T', 'E'].includes(client.getTransactionStatus() ?? 'I')
}

function nameless(statement: unknown): unknown {
  if (typeof statement === 'string') return statement
  const { name: _, ...rest } = statement as pg.QueryConfig
  return rest
}

function isBegin(statement: unknown): boolean {
  const text = typeof statement === 'string' ? statement : (statement as pg.QueryConfig).text
  return /^\s*(begin|start\s+transaction)\b/i.test(text)
}
