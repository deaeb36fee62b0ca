import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accountScreen, linkIn } from '@idem/browser/accounts-world'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowedSystemCalls } from './allowed-system-calls.ts'
import { buildImage, checkout, type Image } from './built-image.ts'
import { needTools } from './need-tools.ts'
import { openBrowser } from './open-browser.ts'
import { runTool } from './run-tool.ts'
import { startContainer } from './start-container.ts'
import { behind, proxies, startProxy } from './start-proxy.ts'
import { startServer } from './start-server.ts'
import { volume } from './volume.ts'

const unit = join(checkout, 'deploy/idem.service')
const buildMs = 900_000
let image: Image & AsyncDisposable

beforeAll(async () => {
  image = await buildImage()
}, buildMs)
afterAll(() => image?.[Symbol.asyncDispose]())

test('the image has nothing of the build, and no settings of its machine', async () => {
  const names = ['node_modules', 'npm', '*.ts', '.env']
  const find = [image.root, ...names.flatMap((name) => ['-o', '-name', name]).slice(1)]
  expect(await runTool('find', find)).toBe('')
  expect(image.megabytes).toBeLessThanOrEqual(350)
  console.log(`the image has ${image.megabytes.toFixed(0)} MB`)
})

test('a server with its PostgreSQL starts read-only and without privileges, is ready in 3 s and idles in 250 MB', {
  timeout: 180_000,
}, async () => {
  await using data = await volume()
  const settings = { dataDir: data.path, port: await freePort() }
  const first = await startServer(image, settings)
  expect(await first.container.end('SIGTERM')).toBe(0)
  const again = await startServer(image, settings)
  await using container = again.container
  const health = await (await fetch(`${again.url}/healthz`)).json()
  expect(health).toMatchObject({
    version: '0.1.0',
    commit: image.config.Labels['org.opencontainers.image.revision'],
  })
  const [, ...command] = image.config.Healthcheck.Test
  const check = startContainer(image, { dataDir: data.path, variables: again.variables, command })
  expect(await check.exited).toBe(0)
  const megabytes = await container.residentMegabytes()
  console.log(
    `ready after ${again.readyAfterMs.toFixed(0)} ms, ${megabytes.toFixed(0)} MB resident`,
  )
  expect(again.readyAfterMs).toBeLessThanOrEqual(3_000)
  expect(megabytes).toBeLessThanOrEqual(250)
})

test('a second container on the same data is refused, and its commands use the database of the first', {
  timeout: 180_000,
}, async () => {
  await using data = await volume()
  const settings = { dataDir: data.path, port: await freePort() }
  const first = await startServer(image, settings)
  await using container = first.container
  const variables = { ...first.variables, PORT: `${await freePort()}` }
  const second = startContainer(image, { dataDir: data.path, variables })
  expect(await second.exited).toBe(1)
  expect(second.output()).toMatch(/^The data folder \/data is in use in another container;/)
  const command = ['idem', 'reconcile']
  const third = startContainer(image, { dataDir: data.path, variables, command })
  expect(await third.exited, third.output()).toBe(0)
  expect(await container.exec(command)).toMatchObject({ code: 0 })
})

test('a mounted folder of another user ends with the command that mends it and exit code 78', async () => {
  await using data = await volume(0)
  const container = startContainer(image, { dataDir: data.path, variables: { HOST: '127.0.0.1' } })
  expect(await container.exited).toBe(78)
  expect(container.output()).toContain('chown -R 1000:1000 /data')
  const command = ['idem', 'doctor']
  const variables = { HOST: '127.0.0.1' }
  const doctor = startContainer(image, { dataDir: data.path, variables, command })
  expect(await doctor.exited).toBe(1)
  expect(doctor.output()).toMatch(/^data folder +PROBLEM .*chown -R 1000:1000 \/data/m)
})

test('without an address the image does not serve everyone who can reach it', async () => {
  await using data = await volume()
  const container = startContainer(image, { dataDir: data.path })
  expect(await container.exited).toBe(78)
  expect(container.output()).toContain('set IDEM_PUBLIC_URL')
})

test('the server and its PostgreSQL make no system call that the service of systemd forbids', {
  timeout: 180_000,
}, async () => {
  needTools('strace', 'systemd-analyze')
  const allowed = await allowedSystemCalls(await readFile(unit, 'utf8'))
  await using data = await volume()
  await using folder = await temporaryFolder()
  const trace = join(folder.path, 'trace')
  const { container, url } = await startServer(image, {
    dataDir: data.path,
    port: await freePort(),
    trace,
  })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'abc-123' }
  const body = JSON.stringify({ title: 'Buy milk' })
  expect((await fetch(`${url}/todos`, { method: 'POST', headers, body })).status).toBe(201)
  await container.end('SIGKILL')
  const lines = (await readFile(trace, 'utf8')).split('\n')
  // Those before it prepare the container.
  const first = lines.findIndex((line) => line.includes('execve("/opt/idem/bin/idem"'))
  const made = lines.slice(first + 1).flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? [])
  expect(made).toContain('listen')
  expect([...new Set(made)].filter((call) => !allowed.has(call))).toEqual([])
})

const eachProxy = Object.keys(proxies) as (keyof typeof proxies)[]

/** The person waits for none of these, and the server is killed between them. */
const titles = Array.from({ length: 12 }, (_, index) => `Todo ${index}`)

test.for(eachProxy)(
  'through the TLS of %s the first account is claimed, and a killed container loses and doubles nothing',
  { timeout: 240_000 },
  async (program) => {
    const port = await freePort()
    await using proxy = await startProxy({ program, servers: { '/': port } })
    await using data = await volume()
    const settings = { dataDir: data.path, port, variables: behind(proxy.url) }
    const first = await startServer(image, settings)
    await using browser = await openBrowser()
    const screen = accountScreen(await browser.newPage())
    await screen.claim(linkIn(first.container.output()), 'ann@todo.example')
    await screen.add('Buy milk')
    await screen.saved()

    for (const title of titles.slice(0, 6)) await screen.add(title)
    await first.container.end('SIGKILL')
    for (const title of titles.slice(6)) await screen.add(title)
    const again = await startServer(image, settings)
    await screen.saved()
    await screen.page.reload()
    await screen.saved()
    expect((await screen.titles()).toSorted()).toEqual(['Buy milk', ...titles].toSorted())
    expect(await again.container.end('SIGTERM')).toBe(0)
    const command = ['idem', 'reconcile']
    const given = { dataDir: data.path, variables: again.variables, command }
    const reconciled = startContainer(image, given)
    expect(await reconciled.exited, reconciled.output()).toBe(0)
  },
)

test.for(eachProxy)(
  'two installations below paths of one host behind %s stay apart, also when both were killed',
  { timeout: 240_000 },
  async (program) => {
    const [port, otherPort] = [await freePort(), await freePort()]
    await using proxy = await startProxy({
      program,
      servers: { '/todos': port, '/family': otherPort },
    })
    await using data = await volume()
    await using otherData = await volume()
    const settings = { dataDir: data.path, port, variables: behind(`${proxy.url}/todos`) }
    const otherSettings = {
      dataDir: otherData.path,
      port: otherPort,
      variables: behind(`${proxy.url}/family`),
    }
    const [first, other] = [
      await startServer(image, settings),
      await startServer(image, otherSettings),
    ]
    await using browser = await openBrowser()
    const context = await browser.newContext()
    const screen = accountScreen(await context.newPage())
    const otherScreen = accountScreen(await context.newPage())
    await screen.claim(linkIn(first.container.output()), 'ann@todo.example')
    await otherScreen.claim(linkIn(other.container.output()), 'ann@todo.example')

    await Promise.all([first, other].map(({ container }) => container.end('SIGKILL')))
    await screen.add('Buy milk')
    await otherScreen.add('Buy bread')
    await using servers = new AsyncDisposableStack()
    for (const each of [settings, otherSettings])
      servers.use((await startServer(image, each)).container)
    await screen.saved()
    await otherScreen.saved()
    for (const each of [screen, otherScreen]) await each.page.reload()
    await screen.saved()
    await otherScreen.saved()
    expect(await screen.titles()).toEqual(['Buy milk'])
    expect(await otherScreen.titles()).toEqual(['Buy bread'])
  },
)
