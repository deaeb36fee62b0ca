import { watchEffects } from '@idem/chaos/effect-log'
import { freePort } from '@idem/test-support/free-port'
import { httpProxy } from '@idem/test-support/http-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { expect, test, vi } from 'vitest'
import { accountScreen, linkIn } from '../support/accounts-world.ts'
import { asNewInstallation } from '../support/as-new-installation.ts'
import { patienceMs, sharedBrowser } from '../support/shared-browser.ts'

vi.setConfig({ testTimeout: 120_000 })

const patience = { timeout: patienceMs }

test('two installations of one host, at its root and below a path, neither show nor send what belongs to the other', async () => {
  await using host = await oneHost()
  const { root, below, context } = host
  const page = await context.newPage()
  const paths: string[] = []
  page.on('request', (request) => paths.push(new URL(request.url()).pathname))
  const todos = accountScreen(page)
  await todos.claim(below.firstLink, 'ann@todo.example')
  await todos.add('Buy milk')
  await todos.saved()
  await expect.poll(() => page.evaluate(cacheNames), patience).toHaveLength(1)

  // The session of one is none at the other, and both first accounts have the same name.
  const other = accountScreen(await context.newPage())
  await other.page.goto(root.url)
  await other.page.waitForURL(`${root.url}/sign-in`)
  await other.claim(root.firstLink, 'bob@todo.example')
  await expect.poll(() => page.evaluate(cacheNames), patience).toHaveLength(2)

  for (const { page: ready } of [todos, other]) {
    await ready.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  }
  await context.setOffline(true)
  await page.reload()
  await todos.row('Buy milk').waitFor()
  await todos.add('Buy tea')
  await todos.stored(1)
  await page.goto('about:blank')
  await other.page.reload()
  await other.stored(0)
  await context.setOffline(false)
  await other.add('Buy bread')
  await other.saved()
  expect(await other.titles()).toEqual(['Buy bread'])
  expect(await root.effects()).toEqual(['made Buy bread'])
  expect(await below.effects()).toEqual(['made Buy milk'])

  await other.signOut()
  await other.page.waitForURL(`${root.url}/sign-in`)
  await page.goto(below.url)
  await todos.saved()
  expect(await todos.titles()).toEqual(['Buy tea', 'Buy milk'])
  expect(await below.effects()).toEqual(['made Buy milk', 'made Buy tea'])
  expect(await page.evaluate(cacheNames)).toHaveLength(2)
  expect(paths.filter((path) => !path.startsWith('/todos/'))).toEqual(['/todos'])
})

/** Two servers with sign-in behind one proxy, each with its own database. */
async function oneHost() {
  await using starting = new AsyncDisposableStack()
  const ports = { root: await freePort(), below: await freePort() }
  const targets = Object.values(ports).map((port) => `http://127.0.0.1:${port}`)
  const proxy = starting.use(
    await httpProxy({
      targets,
      targetOf: (path) =>
        `http://127.0.0.1:${/^\/todos([/?]|$)/.test(path) ? ports.below : ports.root}`,
    }),
  )

  async function installation(port: number, url: string) {
    const database = starting.use(await scratchDatabase())
    await asNewInstallation(database.url)
    const log = await watchEffects(database.url)
    const variables = { IDEM_PUBLIC_URL: url, IDEM_SECRET: 'a secret of the tests, for devices' }
    const server = starting.use(await startServer({ database, port, variables }))
    return {
      url,
      firstLink: linkIn(server.output()),
      effects: async () => (await log.effects()).map(({ kind, title }) => `${kind} ${title}`),
    }
  }

  const [root, below] = await Promise.all([
    installation(ports.root, proxy.url),
    installation(ports.below, `${proxy.url}/todos`),
  ])
  const context = await (await sharedBrowser()).newContext()
  context.setDefaultTimeout(patienceMs)
  starting.defer(() => context.close())
  const running = starting.move()
  return { root, below, context, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Runs in the page. */
function cacheNames(): Promise<string[]> {
  return caches.keys()
}
