import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresProxy, postgresProxy } from '@idem/test-support/postgres-proxy'
import { startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { watchEffects } from '../checker/effect-log.ts'
import { embeddedDatabase } from '../servers/embedded-database.ts'
import { treeBelow } from '../servers/process-tree.ts'
import { restartableServer } from '../servers/restartable-server.ts'
import type { Call } from './crash-point-operations.ts'

/** The result of one attempt: a response, or none. */
export type AttemptResult = {
  /** 0 without a response. */
  readonly status: number
  /** The exact text; without a response the reason. */
  readonly text: string
  /** The code of the refusal, or `ok`. */
  readonly code: string
}

export type CrashWorld = Awaited<ReturnType<typeof crashWorld>>

const variables = { IDEM_LOG_LEVEL: 'error' }
const mutant = process.env.IDEM_MUTANT
const shortTimeOuts = new URL('./short-time-outs.ts', import.meta.url).href
/** Of the server that gets the faults. A hanging statement takes as long as it waits. */
const patience = {
  usual: {},
  short: { NODE_OPTIONS: `--import=${shortTimeOuts}` },
} as const
const mostMendMs = 30_000

/**
 * Two servers on one PostgreSQL. One gets the faults, through the proxy before its database; the other
 * owns that PostgreSQL and restarts it when it is killed.
 */
export async function crashWorld(waits: keyof typeof patience = 'usual') {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await temporaryFolder())
  const other = starting.use(
    await startServer({ database: { dataDir: folder.path }, variables, mutant }),
  )
  const { url } = await embeddedDatabase(folder.path)
  const log = await watchEffects(url)
  const proxy: PostgresProxy = starting.use(await postgresProxy(url))
  const database = { url: proxy.url }
  const struck = starting.use(
    await restartableServer({ database, variables: { ...variables, ...patience[waits] }, mutant }),
  )
  let isStruckDown = false
  const running = starting.move()

  /** Survives a kill: a query in between is repeated. */
  async function whenUp<Value>(ask: () => Promise<Value>): Promise<Value> {
    for (const begun = performance.now(); ; await pause(50)) {
      try {
        return await ask()
      } catch (error) {
        if (performance.now() - begun > mostMendMs) throw error
      }
    }
  }

  return {
    proxy,
    /** Directly, without the proxy. */
    databaseUrl: url,
    effects: () => whenUp(log.effects),
    records: () => whenUp(log.records),
    stuckSessions: () => whenUp(log.stuckSessions),

    send: (server: 'struck' | 'other', call: Call, signal?: AbortSignal): Promise<AttemptResult> =>
      send(server === 'struck' ? struck.now.url : other.url, call, signal),

    async killServer(): Promise<void> {
      isStruckDown = true
      await struck.now.end('SIGKILL')
    },
    /** The postmaster and all its children, at once. */
    async killPostgres(): Promise<void> {
      const { pid } = await embeddedDatabase(folder.path)
      for (const each of await treeBelow(pid)) kill(each)
    },
    /** Resolves when everything that was killed runs again. */
    async heal(): Promise<void> {
      await whenUp(log.stuckSessions)
      if (!isStruckDown) return
      await struck.restart()
      isStruckDown = false
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended with the postmaster that was killed before it.
  }
}

async function send(
  url: string,
  { path, body }: Call,
  signal?: AbortSignal,
): Promise<AttemptResult> {
  try {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    })
    const text = await response.text()
    return { status: response.status, text, code: codeIn(text) }
  } catch (error) {
    return { status: 0, text: String(error), code: 'none' }
  }
}

/** The code in a response of either API; that of a batch is its first refusal. */
function codeIn(text: string): string {
  return /"refusal":\{"code":"(\w+)"/.exec(text)?.[1] ?? 'ok'
}
