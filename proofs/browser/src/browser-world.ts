import { watchEffects } from '@idem/chaos/effect-log'
import { startServer } from '@idem/chaos/server-process'
import { httpProxy, type PassedRequest } from '@idem/test-support/http-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll } from 'vitest'
import { chromiumPath } from './chromium-path.ts'
import { todoScreen } from './todo-screen.ts'

/** On a busy machine a page takes its time; a retry after a lost answer at most a second. */
const patienceMs = 15_000

/** The real server behind a network that can be told what to do. */
export async function serverWorld() {
  const database = await scratchDatabase()
  const log = await watchEffects(database.url)
  let server = await startServer({ database })
  const requests: PassedRequest[] = []
  const network = await httpProxy({
    targets: [server.url],
    onRequest: (request) => requests.push(request),
  })
  const proxy = {
    ...network,
    /** The requests of an operation so far, whatever became of them. */
    passed: (operation: string) => requests.filter((one) => one.operation === operation),
  }
  const port = Number(new URL(server.url).port)

  return {
    proxy,
    url: proxy.url,
    /** What became of the todos, in order: `made Buy milk`, `deleted Buy milk`. */
    async effects(): Promise<string[]> {
      return (await log.effects()).map(({ kind, title }) => `${kind} ${title}`)
    },
    async killServer(): Promise<void> {
      await server.end('SIGKILL')
    },
    async restartServer(): Promise<void> {
      server = await startServer({ database, port })
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** The same, with a browser of its own memory that looks at the page. */
export async function browserWorld(options: BrowserContextOptions = {}) {
  const world = await serverWorld()
  const context = await (await sharedBrowser()).newContext(options)
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

let browser: Promise<Browser> | undefined

/** One process for a file of tests; what a page keeps belongs to its context. */
function sharedBrowser(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
  return browser
}

afterAll(async () => {
  await (await browser)?.close()
})
