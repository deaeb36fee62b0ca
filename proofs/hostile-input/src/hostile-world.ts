import { readdir, readFile } from 'node:fs/promises'
import { startServer } from '@idem/chaos/server-process'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { leaksIn } from './leak-patterns.ts'
import { sender } from './send.ts'

/**
 * Stands in every title, key, path and name that is sent: where it comes back
 * or is logged, the server has repeated what it was told.
 */
export const canary = 'HemlockCanary'

/** The rows by which an effect is known. */
export type Rows = { readonly todos: number; readonly changes: number; readonly keys: number }

/** The real server with the page, on a database of its own, and everything by which harm would be seen. */
export async function hostileWorld(connections = 8) {
  const database = await scratchDatabase()
  const server = await startServer({ database, variables: { IDEM_LOG_LEVEL: 'trace' } })
  const client = sender(server.url, connections)
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const greeting = server.output().length

  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    send: client.send,
    /** Asked to end, as an operator would; resolves with how it did. */
    end: () => server.end('SIGTERM'),
    async rows(): Promise<Rows> {
      const { rows } = await sql.query(counts)
      return rows[0]
    },
    /** In MB, as the kernel counts it. */
    async memory(): Promise<number> {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024
    },
    /** Connections, files and all else that the server has open. */
    async handles(): Promise<number> {
      return (await readdir(`/proc/${server.pid}/fd`)).length
    },
    /** What is wrong after all that was sent; nothing, it is to be hoped. */
    async harm(): Promise<string[]> {
      const log = server.output().slice(greeting)
      const { status, text } = await client.send({ path: '/healthz' })
      return [
        ...leaksIn(log).map((word) => `logged: ${word}`),
        ...(log.includes(canary) ? [`logged what was sent: ${log}`] : []),
        ...(status === 200 && text === '{"healthy":true}'
          ? []
          : [`not healthy: ${status} ${text}`]),
        ...(isRunning(server.pid) ? [] : ['the process is gone']),
      ]
    },
    /** Lines of the log since the start that say that something is wrong in the server. */
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

/** Every change raises a version, so a change that should not be is seen without comparing texts. */
const counts = `select
  (select count(*) from todo)::int as todos,
  (select coalesce(sum(version), 0) from todo)::int as changes,
  (select count(*) from idempotency_record)::int as keys`

const errorLevel = 50

/** NaN for what is no line of the log, which the server did not mean to print. */
function levelOf(line: string): number {
  return Number(/^\{"level":(\d+),/.exec(line)?.[1])
}

function isRunning(pid: number): boolean {
  return process.kill(pid, 0)
}
