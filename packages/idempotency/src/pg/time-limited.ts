import type pg from 'pg'

/** Longer than a claim or a commit should ever wait; for a pool without `query_timeout`, which would wait for ever. */
export const queryTimeoutMs = 60_000

/**
 * The same statement, given up after `timeoutMs` if the pool of the client has no
 * `query_timeout` of its own. A connection can die without an error, and its
 * caller would wait for ever.
 */
export function timeLimited<Statement extends pg.QueryConfig>(
  client: pg.ClientBase,
  statement: Statement,
  timeoutMs: number,
): Statement {
  // Neither is in the types of pg, which uses the one of the statement first.
  const { connectionParameters } = client as { connectionParameters?: { query_timeout?: unknown } }
  return { ...statement, query_timeout: connectionParameters?.query_timeout || timeoutMs }
}
