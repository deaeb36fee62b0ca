import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { restartOnCrash } from './restart-on-crash.mjs'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Fake servers that start and exit when the test says so. */
function servers() {
  const said: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => said.push(line))
  const started: { child: EventEmitter; variables: Record<string, string> }[] = []
  const ended = restartOnCrash((variables: Record<string, string>) => {
    const child = new EventEmitter()
    started.push({ child, variables })
    return child
  })
  // A test awaits it later; until then a rejection is not unhandled.
  ended.catch(() => undefined)
  return {
    said,
    started,
    ended,
    async run({ port, code, signal = null }: Run) {
      const { child } = started.at(-1) ?? {}
      if (port !== undefined) child?.emit('message', { port })
      child?.emit('close', code, signal)
      await turn()
    },
  }
}

type Run = { port?: number; code: number | null; signal?: string | null }
const crash = { port: 4711, code: null, signal: 'SIGKILL' }

test('a server that was serving and exits unexpectedly is started again on its port', async () => {
  const world = servers()
  expect(world.started.map(({ variables }) => variables)).toEqual([{}])
  await world.run(crash)
  await world.run({ port: 4711, code: 1 })
  expect(world.started.map(({ variables }) => variables)).toEqual([
    {},
    { PORT: '4711' },
    { PORT: '4711' },
  ])
  expect(world.said).toEqual([
    'The server exited unexpectedly (exit code 137); starting it again.',
    'The server exited unexpectedly (exit code 1); starting it again.',
  ])
})

test.for([
  ['before it serves', { code: 1 }, 1],
  ['before it serves, by a signal', { code: null, signal: 'SIGKILL' }, 137],
  ['with success', { port: 4711, code: 0 }, 0],
] as const)('a server that exits %s is not started again', async ([, run, code]) => {
  const world = servers()
  await world.run(run)
  expect(await world.ended).toBe(code)
  expect([world.started.length, world.said]).toEqual([1, []])
})

test('a restarted server that exits before it serves is not started again', async () => {
  const world = servers()
  await world.run(crash)
  await world.run({ code: 1 })
  expect(await world.ended).toBe(1)
  expect(world.started).toHaveLength(2)
})

test('the sixth exit within a minute ends the restarts with a readable error', async () => {
  const world = servers()
  for (let times = 0; times < 6; times += 1) await world.run(crash)
  await expect(world.ended).rejects.toMatchObject({
    name: 'UserError',
    message:
      'The server exited unexpectedly 6 times within a minute and is not started again; the reason is above.',
  })
  expect(world.started).toHaveLength(6)
})

test('exits more than a minute ago do not count', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const world = servers()
  for (let times = 0; times < 30; times += 1) {
    await world.run(crash)
    vi.advanceTimersByTime(12_001)
  }
  expect(world.started).toHaveLength(31)
})
