import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { type Command, type Launched, launch } from '../servers/launcher.ts'
import { allGone, processOf } from '../servers/process-tree.ts'

// The page is usually built already; otherwise the launcher builds it first.
vi.setConfig({ testTimeout: 120_000 })

/** At least three: the launcher, the server and PostgreSQL, which has child processes. */
const fewest = 3

test.for<Command>(['npm start', 'node scripts/start.mjs'])(
  'SIGTERM to "%s" stops the server and its database',
  async (command) => {
    await using folder = await temporaryFolder()
    await using launched = await launch(folder.path, command)
    await expectServing(launched)
    const tree = await launched.tree()
    expect(tree.length).toBeGreaterThanOrEqual(fewest)
    // A flag of apps/server/node-flags.json: without it a server of a day has a third more memory.
    const server = await processOf('apps/server/src/main.ts', tree)
    expect(await processOf('--heap-growing-percent=100', tree)).toBe(server)
    launched.kill('SIGTERM')
    expect(await launched.ended).toEqual({ code: 0, signal: null })
    expect(await allGone(tree, 1_000)).toEqual([])
  },
)

test.for([
  ['Ctrl-C', 'SIGINT'],
  ['the end of the terminal', 'SIGHUP'],
] as const)(
  '%s, sent to the launcher and the server at once, stops everything',
  async ([, signal]) => {
    await using folder = await temporaryFolder()
    await using launched = await launch(folder.path)
    await expectServing(launched)
    const tree = await launched.tree()
    launched.killGroup(signal)
    expect(await launched.ended).toEqual({ code: 0, signal: null })
    expect(await allGone(tree, 1_000)).toEqual([])
  },
)

test('a killed launcher stops the server and its database', async () => {
  await using folder = await temporaryFolder()
  await using launched = await launch(folder.path)
  await expectServing(launched)
  const tree = await launched.tree()
  launched.kill('SIGKILL')
  expect(await launched.ended).toEqual({ code: null, signal: 'SIGKILL' })
  expect(await allGone(tree, 20_000)).toEqual([])
})

test('a second start on a data folder in use fails with a readable error, and the first keeps running', async () => {
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

test('a killed server restarts on its port, and attempts across the restart create one todo', async () => {
  await using folder = await temporaryFolder()
  await using launched = await launch(folder.path)
  await expectServing(launched)
  const awayMs: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const intent = JSON.stringify({ idempotencyKey: v7(), title: `Round ${round}` })
    const kill = Promise.withResolvers<number>()
    const clients = Array.from({ length: 8 }, () => repeatAcross(launched, intent, kill.promise))
    await pause(30 * round)
    process.kill(await processOf('apps/server/src/main.ts', await launched.tree()), 'SIGKILL')
    kill.resolve(performance.now())
    const heard = await Promise.all(clients)
    expect(new Set(heard.flatMap(({ answers }) => answers)).size).toBe(1)
    awayMs.push(Math.min(...heard.map(({ backMs }) => backMs)))
  }
  console.log(`The server was away for ${awayMs.map(Math.round).join(', ')} ms.`)
  const { todos } = await (await fetch(`${launched.url}/todos`)).json()
  expect(todos.map(({ title }: { title: string }) => title).sort()).toEqual([
    'Round 0',
    'Round 1',
    'Round 2',
  ])
  const restarts = launched.output().match(/^The server exited unexpectedly \(.*\); starting it/gm)
  expect(restarts).toHaveLength(3)
  const tree = await launched.tree()
  launched.kill('SIGTERM')
  expect(await launched.ended).toEqual({ code: 0, signal: null })
  expect(await allGone(tree, 1_000)).toEqual([])
})

test('npm start beyond loopback is refused without sign-in; with it the first link works once, and from then on it is required', async () => {
  await using folder = await temporaryFolder()
  const start = (variables: Readonly<Record<string, string>>) =>
    launch(folder.path, 'npm start', variables)
  async function expectRefused(variables: Readonly<Record<string, string>>) {
    await using refused = await start(variables)
    expect(await refused.ended).toEqual({ code: 1, signal: null })
    expect(refused.output()).toContain('IDEM_PUBLIC_URL')
  }

  await expectRefused({ HOST: '0.0.0.0' })
  const port = `${await freePort()}`
  const account = { email: 'ann@todo.example', password: 'correct horse battery' }
  {
    await using signIn = await start({ PORT: port, IDEM_PUBLIC_URL: `http://localhost:${port}` })
    await expectServing(signIn)
    const { url, output } = signIn
    const link = /http\S+\/invite#(\S+)/.exec(output())
    const claim = (email: string) =>
      fetch(`${url}/api/auth/claim`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...account, email, token: link?.[1] }),
      })
    expect((await claim(account.email)).status).toBe(200)
    expect((await claim('eve@todo.example')).status).toBe(403)
  }
  await expectRefused({})
})

/** Repeats one intent until the server that was started after the kill answers. */
async function repeatAcross({ url }: Launched, body: string, kill: Promise<number>) {
  const answers: string[] = []
  let killedAt = Number.POSITIVE_INFINITY
  void kill.then((at) => {
    killedAt = at
  })
  for (;;) {
    const sentAt = performance.now()
    const answer = await send(`${url}/api/trpc/createTodo`, body)
    if (answer !== undefined) answers.push(answer)
    if (answer !== undefined && sentAt > killedAt) {
      return { answers, backMs: performance.now() - killedAt }
    }
    await pause(10)
  }
}

async function send(url: string, body: string): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json' }
  try {
    const response = await fetch(url, { method: 'POST', headers, body })
    return response.ok ? await response.text() : undefined
  } catch {
    // No answer: unknown, so it is sent again.
    return undefined
  }
}

async function expectServing({ url, output }: Launched): Promise<void> {
  expect(url, output()).toBeDefined()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
}
