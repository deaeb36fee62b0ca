import type pg from 'pg'
import { isVerified } from '../pool/verify-commit.ts'
import { timeLimited } from './send-together.ts'

export type TextStatement = {
  readonly text: string
  readonly values: readonly (string | null)[]
}

/** The values of a row, as text. */
export type TextRow = readonly (string | null)[]

/**
 * Sends statements in one message, and resolves with the rows of each. The database runs them in order, and none
 * after one that failed. None has a name: they are for statements whose plans a database does not keep.
 */
export async function sendForRows(
  client: pg.ClientBase,
  statements: readonly TextStatement[],
  timeoutMs: number,
): Promise<TextRow[][]> {
  if (canJoin(client)) return sendJoined(client, statements, timeoutMs)
  const answers: TextRow[][] = []
  for (const { text, values } of statements) {
    const types = { getTypeParser: () => String }
    const statement = { text, values: [...values], rowMode: 'array' as const, types }
    answers.push((await client.query(timeLimited(client, statement, timeoutMs))).rows)
  }
  return answers
}

/** A pooler's own client begins each message itself. */
function canJoin(client: pg.ClientBase): boolean {
  const { connection } = client as { connection?: Partial<Connection> }
  return connection?.parse !== undefined && (!Object.hasOwn(client, 'query') || isVerified(client))
}

/** The methods of a connection of `pg` that each of its statements uses. */
type Connection = {
  readonly stream: { cork(): void; uncork(): void }
  parse(statement: { readonly text: string }): void
  bind(portal: { readonly values: readonly (string | null)[] }): void
  execute(portal: object): void
  sync(): void
}

type Done = (error: Error | undefined | null, result?: Result) => void

/** What `verifyCommit` reads, and the rows of each statement. */
type Result = { readonly command: string; readonly answers: TextRow[][] }

function sendJoined(
  client: pg.ClientBase,
  statements: readonly TextStatement[],
  timeoutMs: number,
): Promise<TextRow[][]> {
  return new Promise((resolve, reject) => {
    const message = messageOf(statements, (error, result) =>
      error ? reject(error) : resolve(result?.answers ?? []),
    )
    client.query(timeLimited(client, message, timeoutMs))
  })
}

/** `pg` calls `submit` when it is the turn of the message, and a handler for each part of the answer. */
function messageOf(statements: readonly TextStatement[], done: Done) {
  const answers: TextRow[][] = []
  let rows: TextRow[] = []
  let command = ''
  return {
    /** For `verifyCommit`. */
    text: statements.map(({ text }) => text).join(';'),
    callback: done,

    submit(connection: Connection): void {
      connection.stream.cork()
      for (const { text, values } of statements) {
        connection.parse({ text })
        connection.bind({ values })
        connection.execute({})
      }
      connection.sync()
      connection.stream.uncork()
    },
    handleDataRow({ fields }: { readonly fields: TextRow }): void {
      rows.push(fields)
    },
    handleCommandComplete({ text }: { readonly text: string }): void {
      command = text.split(' ')[0] ?? ''
      answers.push(rows)
      rows = []
    },
    handleReadyForQuery(): void {
      this.callback(null, { command, answers })
    },
    // The database skips the rest of the message.
    handleError(error: Error): void {
      this.callback(error)
    },
  }
}
