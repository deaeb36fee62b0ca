import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type EffectLog, watchEffects } from '@idem/chaos/effect-log'
import { loadBackup } from '@idem/database/backup/load-backup'
import { checkBackup } from '@idem/database/backup/read-backup'
import { writeBackup } from '@idem/database/backup/write-backup'
import { fillTodos } from '@idem/speed/fill-todos'
import { httpProxy, type PassedRequest } from '@idem/test-support/http-proxy'
import { type ScratchDatabase, scratchDatabase } from '@idem/test-support/scratch-database'
import { type ServerProcess, startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import type { BrowserContextOptions } from 'playwright-core'
import { asNewInstallation } from './as-new-installation.ts'
import { patienceMs, sharedBrowser, type TextSize } from './shared-browser.ts'
import { todoScreen } from './todo-screen.ts'

/** They go to the database together; more would wait too long on a busy machine. */
const atOnce = 20

/** A server with its empty database. */
type Started = {
  readonly database: ScratchDatabase
  readonly log: EffectLog
  readonly server: ServerProcess
}

/**
 * The server and database of a world that is over serve the next one of a test or file: a start takes longer than most tests.
 * The server ends with the worker, and its database with the PostgreSQL of the run.
 */
let spare: Started | undefined

/** The real server behind a controllable network. */
export async function serverWorld() {
  const folder = await temporaryFolder()
  const started = await takeServer()
  /** Newest first. */
  const databases: [ScratchDatabase, ...ScratchDatabase[]] = [started.database]
  let { log, server } = started
  let isAsStarted = true
  const requests: PassedRequest[] = []
  const network = await httpProxy({
    targets: [server.url],
    onRequest: (request) => requests.push(request),
  })
  const proxy = {
    ...network,
    /** The number of requests of an operation so far, with any outcome. */
    passed: (operation: string) => requests.filter((one) => one.operation === operation),
  }
  const port = Number(new URL(server.url).port)

  async function kill(): Promise<void> {
    isAsStarted = false
    await server.end('SIGKILL')
  }

  return {
    proxy,
    url: proxy.url,
    /** The effects on todos, in order: `made Buy milk`, `deleted Buy milk`. */
    async effects(): Promise<string[]> {
      return (await log.effects()).map(({ kind, title }) => `${kind} ${title}`)
    },
    /** Writes a backup; the returned function restores it, as an operator would, into a new database. */
    async backUp(): Promise<() => Promise<void>> {
      const file = join(folder.path, 'backup')
      const { signal } = new AbortController()
      await writeBackup({ url: databases[0].url, file, signal })
      return async function restore() {
        await kill()
        const restored = await scratchDatabase()
        const { header } = await checkBackup(file, () => [])
        databases.unshift(restored)
        await loadBackup({ url: restored.url, file, header, deletedOwners: [] })
        log = await watchEffects(restored.url)
        server = await startServer({ database: restored, port })
      }
    },
    /** Another installation, with an empty database, at the same address. The returned function brings the first one back. */
    async installAnother(): Promise<() => Promise<void>> {
      const [first] = databases
      const firstLog = log
      await kill()
      const other = await scratchDatabase()
      await asNewInstallation(other.url)
      databases.unshift(other)
      log = await watchEffects(other.url)
      server = await startServer({ database: other, port })
      return async function bringBack() {
        await kill()
        databases.unshift(...databases.splice(databases.indexOf(first), 1))
        log = firstLog
        server = await startServer({ database: first, port })
      }
    },
    /** Another device: a call that does not pass the proxy. */
    async changeElsewhere(
      title: string,
      change: { readonly title?: string; readonly completed?: boolean } | 'deleted',
    ): Promise<void> {
      const list = await fetch(`${server.url}/todos?search=${encodeURIComponent(title)}`)
      const { todos } = await list.json()
      const [{ id, title: before, completed, version }] = todos
      const headers = { 'content-type': 'application/json', 'if-match': `"${version}"` }
      const done = await fetch(
        `${server.url}/todos/${id}`,
        change === 'deleted'
          ? { method: 'DELETE', headers }
          : {
              method: 'PUT',
              headers,
              body: JSON.stringify({ title: before, completed, ...change }),
            },
      )
      if (!done.ok) throw new Error(`Expected a change of “${title}”, received ${done.status}.`)
    },
    /** Another device: the first is the oldest. */
    async createElsewhere([oldest, ...titles]: readonly string[]): Promise<void> {
      const create = async (title: string | undefined) => {
        const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
        const body = JSON.stringify({ title })
        const done = await fetch(`${server.url}/todos`, { method: 'POST', headers, body })
        if (!done.ok) throw new Error(`Expected a todo “${title}”, received ${done.status}.`)
      }
      await create(oldest)
      while (titles.length > 0) await Promise.all(titles.splice(0, atOnce).map(create))
    },
    /** Todos of another device, without the calls that would create them: newest first “Buy milk, 1”. */
    fill: (count: number) => fillTodos(databases[0].url, count),
    killServer: kill,
    /** Default: of the same release. */
    async restartServer(release: { readonly main?: string } = {}): Promise<void> {
      server = await startServer({ database: databases[0], port, ...release })
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
      if (isAsStarted && spare === undefined) {
        spare = started
        return
      }
      await server[Symbol.asyncDispose]()
      for (const database of databases) await database[Symbol.asyncDispose]()
    },
  }
}

async function takeServer(): Promise<Started> {
  const free = spare
  spare = undefined
  if (free !== undefined) {
    await free.log.startOver()
    return free
  }
  const database = await scratchDatabase()
  return {
    database,
    log: await watchEffects(database.url),
    server: await startServer({ database }),
  }
}

/** The same, with a browser that has a separate profile and opens the page. */
export async function browserWorld({
  textSize,
  ...options
}: BrowserContextOptions & TextSize = {}) {
  const world = await serverWorld()
  const context = await (await sharedBrowser({ textSize })).newContext(options)
  context.setDefaultTimeout(patienceMs)

  async function openTab() {
    const page = await context.newPage()
    await page.goto(world.url)
    return todoScreen(page)
  }

  const screen = await openTab()
  await screen.saved()
  return {
    ...world,
    context,
    openTab,
    screen,
    async [Symbol.asyncDispose]() {
      await context.close()
      await world[Symbol.asyncDispose]()
    },
  }
}
