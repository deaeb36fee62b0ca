import { chmod, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accountScreen, linkIn } from '@idem/browser/accounts-world'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkout, commitOf, type Image, type ImageBuilder, imageBuilder } from './built-image.ts'
import { containerEngine } from './container-engine.ts'
import { openBrowser } from './open-browser.ts'
import { runToEnd } from './run-to-end.ts'
import { runTool } from './run-tool.ts'
import { startLoad } from './sender-load.ts'
import { behind, startProxy } from './start-proxy.ts'
import { volume } from './volume.ts'

const buildMs = 1_800_000
const upgradesMs = 600_000

let builder: ImageBuilder
let previous: Image
let broken: Image
let next: Image
let incompatible: Image

beforeAll(async () => {
  builder = await imageBuilder()
  previous = await builder.build(await sourceOf('HEAD~1'), await commitOf('HEAD~1'))
  next = await builder.build(checkout, await commitOf('HEAD'))
  // It accepts the settings and migrates, and then has no page to serve.
  broken = { ...(await builder.copy(next)), name: 'idem:broken' }
  await rm(join(broken.root, 'opt/idem/apps/web/dist'), { recursive: true })
  incompatible = { ...(await builder.copy(next)), name: 'idem:incompatible' }
  await requireMore(join(incompatible.root, 'opt/idem/server'))
}, buildMs)
const sources = new AsyncDisposableStack()
afterAll(async () => {
  await builder?.[Symbol.asyncDispose]()
  await sources.disposeAsync()
})

async function sourceOf(revision: string): Promise<string> {
  const { path } = sources.use(await temporaryFolder())
  const archive = join(path, 'source.tar')
  const source = join(path, 'source')
  await mkdir(source)
  await runTool('git', ['-C', checkout, 'archive', '-o', archive, revision])
  await runTool('tar', ['-xf', archive, '-C', source])
  return source
}

/** A bundle whose data may require something that no release of today knows. */
async function requireMore(folder: string): Promise<void> {
  const known = /const knownRequirements = \["accounts"/
  let changed = 0
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), 'utf8')
    if (!known.test(text)) continue
    await writeFile(join(folder, name), text.replace(known, '$&, "sharding"'))
    changed += 1
  }
  expect(changed).toBe(1)
}

/** So much that every phase of an upgrade meets requests. */
async function underLoad(load: ReturnType<typeof startLoad>): Promise<void> {
  const more = load.answered() + 200
  await expect.poll(load.answered, { timeout: 60_000 }).toBeGreaterThan(more)
}

test('containers go from the previous commit to this one under load, with a broken release in between that gives way by itself', {
  timeout: upgradesMs,
}, async () => {
  const port = await freePort()
  await using proxy = await startProxy({ program: 'caddy', servers: { '/': port } })
  await using data = await volume()
  const variables = behind(proxy.url)
  await using engine = await containerEngine({
    ...{ first: previous, dataDir: data.path, port, variables },
  })
  expect(await engine.up()).toMatchObject({ code: 0 })
  await using browser = await openBrowser()
  const screen = accountScreen(await browser.newPage())
  await screen.claim(linkIn(engine.container().output()), 'ann@todo.example')
  await screen.add('Before')
  await screen.saved()
  const invited = await engine.container().exec(['idem', 'invite'])
  const other = accountScreen(await (await browser.newContext()).newPage())
  await other.claim(linkIn(invited.output), 'bob@todo.example')
  const { output } = await engine.container().exec(['idem', 'api-key', 'bob@todo.example', 'load'])
  const authorization = `Bearer ${/idem_\S+/.exec(output)?.[0]}`
  const load = startLoad({ url: `http://127.0.0.1:${port}`, headers: { authorization } })
  await underLoad(load)
  // With the files of the checkout, so that the folder of the script is theirs.
  const upgrade = async () => {
    const env = { ...process.env, PATH: `${engine.path}:${process.env.PATH}` }
    return await runToEnd([join(checkout, 'deploy/upgrade.sh')], env)
  }

  engine.builds(incompatible)
  const serving = engine.container()
  const refused = await upgrade()
  expect(refused, refused.output).toMatchObject({ code: 1 })
  expect(refused.output).toMatch(/There is no way back from .*sharding.*--no-way-back/)
  expect(refused.output).toContain('nothing was changed')
  expect(engine.container()).toBe(serving)

  engine.builds(broken)
  const [failed] = await Promise.all([upgrade(), screen.add('While it breaks')])
  expect(failed, failed.output).toMatchObject({ code: 1 })
  expect(failed.output).toContain('the old release serves again, with all data')
  expect(engine.image()).toBe(previous.name)
  await underLoad(load)

  engine.builds(next)
  const [upgraded] = await Promise.all([upgrade(), screen.add('While it changes')])
  expect(upgraded, upgraded.output).toMatchObject({ code: 0 })
  expect(engine.image()).toBe(next.name)
  await underLoad(load)
  await load.stop()
  console.log(`containers: ${load.answered()} intents, ${load.retries()} attempts repeated`)
  await screen.saved()
  await screen.page.reload()
  await screen.saved()
  expect(await screen.titles()).toEqual(['While it changes', 'While it breaks', 'Before'])
  const reconciled = await engine.container().exec(['idem', 'reconcile'])
  expect(reconciled, reconciled.output).toMatchObject({ code: 0 })
})

/** What `systemctl restart idem` does. */
const restart = `
pid=$(cat pid 2> /dev/null)
kill "$pid" 2> /dev/null
while kill -0 "$pid" 2> /dev/null && ! grep -q '^State:.Z' "/proc/$pid/status"; do sleep 0.05; done
[ "$1" = only-stop ] && exit
setsid current/bin/idem serve >> log 2>&1 < /dev/null &
echo $! > pid
`

test('a service goes from the previous commit to this one under load, with a broken release in between that gives way by itself', {
  timeout: upgradesMs,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const { path: folder } = stack.use(await temporaryFolder())
  // The user of PostgreSQL must reach its binaries.
  await chmod(folder, 0o755)
  for (const [name, { root }] of Object.entries({ previous, broken, next })) {
    await runTool('cp', ['-a', join(root, 'opt/idem'), join(folder, name)])
  }
  await symlink(join(folder, 'previous'), join(folder, 'current'))
  await mkdir(join(folder, 'backups'))
  const port = await freePort()
  const env = { PATH: process.env.PATH, PORT: `${port}`, IDEM_DATA_DIR: join(folder, 'data') }
  await writeFile(join(folder, 'restart'), restart)
  const restarting = `cd ${folder} && sh restart`
  const sh = (command: string) =>
    runToEnd(['sh', '-c', command], { ...env, NODE_ENV: 'production' })
  stack.defer(async () => {
    await sh(`${restarting} only-stop`)
  })
  await sh(restarting)
  const url = `http://127.0.0.1:${port}`
  const isReady = () => fetch(`${url}/readyz`).then(({ status }) => status, String)
  await expect.poll(isReady, { timeout: 60_000 }).toBe(200)
  const load = startLoad({ url })
  await underLoad(load)
  const upgrade = (name: string) =>
    sh(
      `${folder}/current/bin/idem upgrade ${folder}/${name} --link ${folder}/current --backups ${folder}/backups --restart '${restarting}' --within 15`,
    )

  const failed = await upgrade('broken')
  expect(failed, failed.output).toMatchObject({ code: 1 })
  expect(failed.output).toMatch(/did not become ready, so .* serves again, with all data/)
  expect(await readlink(join(folder, 'current'))).toBe(join(folder, 'previous'))
  await underLoad(load)

  const upgraded = await upgrade('next')
  expect(upgraded, upgraded.output).toMatchObject({ code: 0 })
  expect(await readlink(join(folder, 'current'))).toBe(join(folder, 'next'))
  await underLoad(load)
  await load.stop()
  console.log(`a service: ${load.answered()} intents, ${load.retries()} attempts repeated`)
  const reconciled = await sh(`${folder}/current/bin/idem reconcile`)
  expect(reconciled, reconciled.output).toMatchObject({ code: 0 })
})
