import { expect, test, vi } from 'vitest'
import { type Command, type Launched, launch } from './launcher.ts'
import { allGone } from './process-tree.ts'
import { temporaryFolder } from './temporary-folder.ts'

// The page is built by then; if not, the launcher builds it first.
vi.setConfig({ testTimeout: 120_000 })

/** Three at least: the launcher, the server and PostgreSQL, which has processes of its own. */
const fewest = 3

test.for<Command>(['npm start', 'node scripts/start.mjs'])(
  'SIGTERM to "%s" ends the server and its database',
  async (command) => {
    await using folder = await temporaryFolder()
    await using launched = await launch(folder.path, command)
    await expectServing(launched)
    const tree = await launched.tree()
    expect(tree.length).toBeGreaterThanOrEqual(fewest)
    launched.kill('SIGTERM')
    expect(await launched.ended).toEqual({ code: 0, signal: null })
    expect(await allGone(tree, 1_000)).toEqual([])
  },
)

test('Ctrl-C, which reaches the launcher and the server at once, ends everything as well', async () => {
  await using folder = await temporaryFolder()
  await using launched = await launch(folder.path)
  await expectServing(launched)
  const tree = await launched.tree()
  launched.killGroup('SIGINT')
  expect(await launched.ended).toEqual({ code: 0, signal: null })
  expect(await allGone(tree, 1_000)).toEqual([])
})

test('a launcher that is killed takes the server and its database with it', async () => {
  await using folder = await temporaryFolder()
  await using launched = await launch(folder.path)
  await expectServing(launched)
  const tree = await launched.tree()
  launched.kill('SIGKILL')
  expect(await launched.ended).toEqual({ code: null, signal: 'SIGKILL' })
  expect(await allGone(tree, 20_000)).toEqual([])
})

test('a second start on a data folder in use is refused in a sentence, and the first goes on', async () => {
  await using folder = await temporaryFolder()
  await using first = await launch(folder.path)
  await expectServing(first)
  await using second = await launch(folder.path)
  expect(second.url).toBeUndefined()
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.output()).toMatch(
    /^The data folder \S+ is in use by process \d+; stop that one first, or set IDEM_DATA_DIR to another folder\.$/m,
  )
  await expectServing(first)
})

async function expectServing({ url, output }: Launched): Promise<void> {
  expect(url, output()).toBeDefined()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
}
