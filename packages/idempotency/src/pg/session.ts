import type pg from 'pg'
import type { Statement } from '../adapter.ts'

/**
 * The session of the database that a client uses. PostgreSQL plans a statement once
 * for each name that a session knows. Planning a claim costs it more than the insert.
 */
export type Session = {
  /** A pooler in transaction mode may give each transaction another session, which does not know the names. Undefined until it was asked. */
  belongsToClient: boolean | undefined
  /** The names that the session knows. */
  readonly names: Set<string>
}

const sessions = new WeakMap<pg.ClientBase, Session>()

export function sessionOf(client: pg.ClientBase): Session {
  const found = sessions.get(client)
  if (found !== undefined) return found
  const session = { belongsToClient: undefined, names: new Set<string>() }
  sessions.set(client, session)
  return session
}

/**
 * Selects one row if the client is connected to PostgreSQL itself. A pooler gives its
 * clients a number of its own in place of the one of the process, because it keeps
 * those for itself to cancel statements.
 */
export function belongsTo(client: pg.ClientBase): Statement {
  // Not in the types of pg.
  const { processID = null } = client as { processID?: number | null }
  return {
    text: 'select from (values (1)) as one where pg_backend_pid() = $1',
    values: [processID],
  }
}
