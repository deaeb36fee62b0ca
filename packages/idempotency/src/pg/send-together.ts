import type pg from 'pg'
import type { Statement } from '../adapter.ts'
import { timeLimited } from './time-limited.ts'
import { isVerified } from './verify-commit.ts'

export const begin: Statement = { text: 'begin isolation level read committed', values: [] }

/**
 * Sends statements in one message, and resolves with the number of rows that each
 * affected. The database runs them in order, and none after one that failed. Every
 * value is bound as a parameter, and no statement has a name.
 *
 * The client of `pg` waits for the answer to a statement before it sends the next
 * one, which is a round trip for each.
 */
export async function sendTogether(
  client: pg.ClientBase,
  statements: readonly Statement[],
  timeoutMs: number,
): Promise<number[]> {
  if (canJoin(client, statements)) {
    return new Promise((resolve, reject) => {
      const message = messageOf(statements, (error, result) =>
        error ? reject(error) : resolve(result?.counts ?? []),
      )
      client.query(timeLimited(client, message, timeoutMs))
    })
  }
  const counts: number[] = []
  for (const { text, values } of statements) {
    const statement = timeLimited(client, { text, values: [...values] }, timeoutMs)
    counts.push((await client.query(statement)).rowCount ?? 0)
  }
  return counts
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
  parse(statement: { readonly text: string }): void
  bind(portal: { readonly values: readonly (string | null)[] }): void
  execute(portal: object): void
  sync(): void
}

/**
 * `pg` calls `submit` when it is the turn of the message, and a handler for each part
 * of the answer. The callback is replaced, by a time-out and by `verifyCommit`, so it
 * is read from the message itself.
 */
function messageOf(statements: readonly Statement[], done: Done) {
  const counts: number[] = []
  let command = ''
  return {
    /** For `verifyCommit`, and for what observes the client. */
    text: statements.map(({ text }) => text).join(';'),
    callback: done,

    submit(connection: Connection): void {
      connection.stream.cork()
      for (const { text, values } of statements) {
        connection.parse({ text })
        connection.bind({ values: values.map(asText) })
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
      this.callback(null, { command, counts })
    },
    // The database skips the rest of the message.
    handleError(error: Error): void {
      this.callback(error)
    },
  }
}

function asText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
