import type pg from 'pg'

/**
 * The same statement, given up after `timeoutMs` where the pool of the client
 * has no `query_timeout` of its own. A connection can fall silent without an
 * error, and the one who waits on it would wait for ever.
 */
export function timeLimited<Statement extends pg.QueryConfig>(
  client: pg.ClientBase,
  statement: Statement,
  timeoutMs: number,
): Statement {
  // Neither is in the types of pg, which takes the one of the statement first.
  const { connectionParameters } = client as { connectionParameters?: { query_timeout?: unknown } }
  return { ...statement, query_timeout: connectionParameters?.query_timeout || timeoutMs }
}
