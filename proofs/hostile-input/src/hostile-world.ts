import { readdir, readFile } from 'node:fs/promises'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { leaksIn } from './leak-patterns.ts'
import { sender } from './send.ts'

/**
 * Part of every title, key, path and name that is sent: if it is returned or logged, the server has
 * echoed its input.
 */
export const canary = 'HemlockCanary'

/** The rows that show an effect. */
export type Rows = { readonly todos: number; readonly changes: number; readonly keys: number }

/** The real server with the page on a separate database, with everything that shows damage. */
export async function hostileWorld(
  connections = 8,
  variables: Readonly<Record<string, string>> = {},
) {
  const database = await scratchDatabase()
  const server = await startServer({
    database,
    variables: { IDEM_LOG_LEVEL: 'trace', ...variables },
  })
  const client = sender(server.url, connections)
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const greeting = server.output().length

  return {
    url: server.url,
    databaseUrl: database.url,
    port: Number(new URL(server.url).port),
    send: client.send,
    /** Stops it as an operator would; resolves with its exit. */
    end: () => server.end('SIGTERM'),
    async rows(): Promise<Rows> {
      const { rows } = await sql.query(counts)
      return rows[0]
    },
    /** Resident memory in MB. */
    async memory(): Promise<number> {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024
    },
    /** The open file descriptors of the server. */
    async handles(): Promise<number> {
      return (await readdir(`/proc/${server.pid}/fd`)).length
    },
    /** The damage found after all requests; normally empty. */
    async harm(): Promise<string[]> {
      const log = server.output().slice(greeting)
      const { status, text } = await client.send({ path: '/healthz' })
      return [
        ...leaksIn(log).map((word) => `logged: ${word}`),
        ...(log.includes(canary) ? [`logged the input: ${log}`] : []),
        ...(status === 200 && text.startsWith('{"healthy":true,')
          ? []
          : [`not healthy: ${status} ${text}`]),
        ...(isRunning(server.pid) ? [] : ['the process is gone']),
      ]
    },
    /** The error lines of the log since the start. */
    errors(): string[] {
      const lines = server.output().slice(greeting).trimEnd().split('\n')
      return lines.filter((line) => line !== '' && !(levelOf(line) < errorLevel))
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await sql.end()
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Every change raises a version, so an unwanted change shows without comparing texts. */
const counts = `select
  (select count(*) from todo)::int as todos,
  (select coalesce(sum(version), 0) from todo)::int as changes,
  (select count(*) from idem.idempotency_record)::int as keys`

const errorLevel = 50

/** NaN for output that is not a line of the log, which the server should not print. */
function levelOf(line: string): number {
  return Number(/^\{"level":(\d+),/.exec(line)?.[1])
}

function isRunning(pid: number): boolean {
  return process.kill(pid, 0)
}
