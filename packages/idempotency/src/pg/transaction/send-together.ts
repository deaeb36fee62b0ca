import type pg from 'pg'
import type { Statement } from '../../adapter.ts'
import { isVerified } from '../pool/verify-commit.ts'
import { type WatchedTransaction, watchedTransaction } from './watch-transaction.ts'

export const begin: Statement = { text: 'begin isolation level read committed', values: [] }

/**
 * Sends statements in one message, and resolves with the number of rows that each
 * affected. The database runs them in order, and none after one that failed. Every
 * value is bound as a parameter. A session that belongs to the client keeps the plan of a
 * statement with a name.
 *
 * The client of `pg` waits for the answer to a statement before it sends the next
 * one, which is a round trip for each.
 */
export async function sendTogether(
  client: pg.ClientBase,
  statements: readonly Statement[],
  timeoutMs: number,
): Promise<number[]> {
  if (canJoin(client, statements)) return sendInSession(client, statements, timeoutMs)
  const counts: number[] = []
  for (const { text, values } of statements) {
    if (commit.test(text)) watchedTransaction(client).isWatched = false
    const statement = timeLimited(client, { text, values: [...values] }, timeoutMs)
    counts.push((await client.query(statement)).rowCount ?? 0)
  }
  return counts
}

/** Whether the statement is the COMMIT of an adapter or of the library above it. */
export const commit = /^commit$/i

async function sendInSession(
  client: pg.ClientBase,
  statements: readonly Statement[],
  timeoutMs: number,
): Promise<number[]> {
  const session = sessionOf(client)
  const begins = statements[0] === begin
  // What resets a session between transactions is noticed only by a name that the session should know.
  // Without one, a COMMIT would be the first to use a name that is gone, and nothing could be repeated.
  const isProven = statements.some(({ name = unnamed }) => session.names.has(name))
  if (begins && !isProven) session.names.clear()
  try {
    if (!begins || session.belongsToClient !== undefined) {
      return await sendMessage(client, session, statements, timeoutMs)
    }
    const asking = [...statements, belongsTo(client)]
    const counts = await sendMessage(client, session, asking, timeoutMs)
    session.belongsToClient = counts.pop() === 1
    return counts
  } catch (error) {
    // Something has reset the session, such as DISCARD ALL, and may do so again.
    if (Object(error).code !== unknownName) throw error
    session.belongsToClient = false
    if (!begins) throw error
    await client.query('rollback')
    return sendMessage(client, session, statements, timeoutMs)
  }
}

const unknownName = '26000'

function sendMessage(
  client: pg.ClientBase,
  session: Session,
  statements: readonly Statement[],
  timeoutMs: number,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const transaction = watchedTransaction(client)
    const message = messageOf({ statements, session, transaction }, (error, result) =>
      error ? reject(error) : resolve(result?.counts ?? []),
    )
    client.query(timeLimited(client, message, timeoutMs))
  })
}

/**
 * The native client writes no messages itself, and one with the option `pipeline`
 * refuses them. What has replaced the `query` of the client may look for a single
 * BEGIN. An object, such as a date, is turned into text by `pg` alone.
 */
function canJoin(client: pg.ClientBase, statements: readonly Statement[]): boolean {
  if (Object.hasOwn(client, 'query') && !isVerified(client)) return false
  const { connection, pipeline } = client as {
    connection?: Partial<Connection>
    pipeline?: boolean
  }
  const isPlain = (value: unknown) => value === null || typeof value !== 'object'
  return (
    statements.length > 1 &&
    pipeline !== true &&
    connection?.parse !== undefined &&
    statements.every(({ values }) => values.every(isPlain))
  )
}

/** What `verifyCommit` reads, and the number of rows of each statement. */
type Result = { readonly command: string; readonly counts: number[] }

type Done = (error: Error | undefined | null, result?: Result) => void

/** The methods of a connection of `pg` that each of its statements uses, also one of pg-cursor. */
type Connection = {
  readonly stream: { cork(): void; uncork(): void }
  close(statement: { readonly type: 'S'; readonly name: string }): void
  parse(statement: { readonly name: string; readonly text: string }): void
  bind(portal: { readonly statement: string; readonly values: readonly (string | null)[] }): void
  execute(portal: object): void
  sync(): void
}

type Message = {
  readonly statements: readonly Statement[]
  readonly session: Session
  readonly transaction: WatchedTransaction
}

/**
 * `pg` calls `submit` when it is the turn of the message, and a handler for each part
 * of the answer. The callback is replaced, by a time-out and by `verifyCommit`, so it
 * is read from the message itself.
 */
function messageOf({ statements, session, transaction }: Message, done: Done) {
  const counts: number[] = []
  const parsed: string[] = []
  let command = ''
  return {
    /** For `verifyCommit`, and for what observes the client. */
    text: statements.map(({ text }) => text).join(';'),
    callback: done,

    submit(connection: Connection): void {
      // Only the COMMIT of an adapter comes in such a message. The statements before it are answered.
      if (statements[0] !== begin) transaction.isWatched = false
      connection.stream.cork()
      for (const statement of statements) {
        const { text, values } = statement
        const name = (session.belongsToClient && statement.name) || unnamed
        if (!session.names.has(name)) {
          // A message that failed may have left the name behind.
          if (name !== unnamed) connection.close({ type: 'S', name })
          connection.parse({ name, text })
          parsed.push(name)
        }
        connection.bind({ statement: name, values: values.map(asText) })
        connection.execute({})
      }
      connection.sync()
      connection.stream.uncork()
    },
    handleDataRow(): void {},
    handleCommandComplete({ text }: { readonly text: string }): void {
      const words = text.split(' ')
      command = words[0] ?? ''
      counts.push(Number(words.at(-1)) || 0)
    },
    handleReadyForQuery(): void {
      for (const name of parsed) if (name !== unnamed) session.names.add(name)
      this.callback(null, { command, counts })
    },
    // The database skips the rest of the message.
    handleError(error: Error): void {
      this.callback(error)
    },
  }
}

const unnamed = ''

function asText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}

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

function sessionOf(client: pg.ClientBase): Session {
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
function belongsTo(client: pg.ClientBase): Statement {
  // Not in the types of pg.
  const { processID = null } = client as { processID?: number | null }
  return {
    text: 'select 1 from (values (1)) as one where pg_backend_pid() = $1',
    values: [processID],
  }
}

/** Longer than a claim or a commit should ever wait; for a pool without `query_timeout`, which would wait for ever. */
export const queryTimeoutMs = 60_000

/**
 * The statement is given up after `timeoutMs` if the pool of the client has no
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
