import { postgresProxy } from '@idem/test-support/postgres-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { scrape } from './scrape.ts'

export type ObservedServer = Awaited<ReturnType<typeof observedServer>>

/** One line of the log. */
export type Line = Readonly<Record<string, unknown>>

/**
 * The real server on a separate database behind a proxy that injects faults, with its log and metrics.
 * `before` is SQL that runs before the start.
 */
export async function observedServer({ level = 'info', before = '' } = {}) {
  let isLost = false
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  starting.defer(() => sql.end())
  await sql.query(before)
  const proxy = starting.adopt(await postgresProxy(database.url), (proxy) => lose(proxy))
  const server = starting.use(
    await startServer({ database: { url: proxy.url }, variables: { IDEM_LOG_LEVEL: level } }),
  )
  async function lose(proxy: AsyncDisposable): Promise<void> {
    if (!isLost) await proxy[Symbol.asyncDispose]()
    isLost = true
  }

  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    send(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  const running = starting.move()
  return {
    sql,
    strike: proxy.strike,
    output: server.output,
    end: () => server.end('SIGTERM'),
    scrape: () => scrape(server.url),
    post,
    mutate: (operation: string, input: unknown) => post(`/api/trpc/${operation}`, input),
    send: (path: string, init: RequestInit) => send(`${server.url}${path}`, init),
    lines: () => linesOf(server.output()),
    /** Makes the database unreachable. */
    loseDatabase: () => lose(proxy),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Lines that are JSON belong to the log; the startup steps are plain text. */
function linesOf(output: string): Line[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line))
}

async function send(url: string, init: RequestInit) {
  const response = await fetch(url, init)
  const text = await response.text()
  const body = text === '' ? undefined : JSON.parse(text)
  return {
    status: response.status,
    body,
    todo: body?.result?.data ?? body,
    refusal: (body?.error?.data?.refusal ?? body?.refusal)?.code,
  }
}
