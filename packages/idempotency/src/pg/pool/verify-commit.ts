import type pg from 'pg'

/**
 * Makes a client reject two commits that the database reports as done:
 *
 * - The COMMIT of a transaction in which a statement failed. It succeeds, and
 *   only the word ROLLBACK in its answer shows that it rolled back. No caller
 *   reads that: one that swallowed the statement's error would report success
 *   although nothing was stored.
 * - A commit whose wait for a synchronous standby was given up, for example at
 *   the end of `statement_timeout`. It succeeds as well, with a warning that no
 *   caller reads either: a standby that takes over may not have the commit.
 *
 * `onFailedCommit` is called when a COMMIT is answered with an error.
 */
export function verifyCommit(client: pg.ClientBase, onFailedCommit: () => void): void {
  let isWarned = false
  client.on('notice', ({ routine }) => {
    // Unlike its severity and its message this is not translated, and no other warning comes from there.
    if (routine === 'SyncRepWaitForLSN') isWarned = true
  })

  /** A statement of its own kind may have no result. */
  function objection(statement: unknown, result?: pg.QueryResult): Error | undefined {
    const wasWarned = isWarned
    isWarned = false
    if (result?.command === 'ROLLBACK' && isCommit(statement)) return failure('25P02', rolledBack)
    return wasWarned ? failure('01000', unconfirmed) : undefined
  }

  function failed(statement: unknown, error: unknown): unknown {
    if (error && isCommit(statement)) onFailedCommit()
    return error
  }

  const query: (...parameters: unknown[]) => unknown = client.query.bind(client)
  const checked = (...parameters: unknown[]) => {
    const [statement] = parameters
    const verified = (done: Done) => (error: unknown, result: pg.QueryResult) =>
      done(failed(statement, error) ?? objection(statement, result), result)
    const last = parameters.at(-1)
    // The pool's own `query` passes a callback; all other callers await a promise.
    if (isFunction(last)) return query(...parameters.slice(0, -1), verified(last))
    // A statement of its own kind, such as a message of `sendTogether`, is returned as it is.
    const { submit, callback } = Object(statement) as { submit?: unknown; callback?: unknown }
    if (isFunction(submit) && isFunction(callback)) {
      return query(Object.assign(Object(statement), { callback: verified(callback) }))
    }
    const answered = query(...parameters)
    if (!(answered instanceof Promise)) return answered
    return answered.then(
      (result) => {
        const error = objection(statement, result)
        if (error !== undefined) throw error
        return result
      },
      (error: unknown) => {
        throw failed(statement, error)
      },
    )
  }
  Object.assign(client, { query: checked })
  verifiedQueries.add(checked)
}

/** Whether nothing else has replaced the `query` of the client since. */
export function isVerified(client: pg.ClientBase): boolean {
  return verifiedQueries.has(client.query)
}

const verifiedQueries = new WeakSet<object>()

function isCommit(statement: unknown): boolean {
  const text = typeof statement === 'string' ? statement : (statement as pg.QueryConfig).text
  return /(?:^|;)\s*(commit|end)\b/i.test(text)
}

type Done = (error: unknown, result?: pg.QueryResult) => unknown

function isFunction(value: unknown): value is Done {
  return typeof value === 'function'
}

/** An error that is treated like one of the database with this code. */
export function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

export const rolledBack =
  'COMMIT rolled the transaction back, because a statement in it had failed; do not swallow the error of a statement unless you roll back to a savepoint.'
const unconfirmed =
  'The wait for the synchronous standby was given up, so the commit may be lost with this server; check the standby.'
