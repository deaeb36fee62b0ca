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
    const child = Object.assign(new EventEmitter(), { spawnfile: 'node' })
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

test('a restarted server that exits before it serves is started again every twelve seconds, for an hour', async () => {
  vi.useFakeTimers()
  const world = servers()
  await world.run(crash)
  await world.run({ code: 1 })
  expect(world.said.at(-1)).toBe(
    'The server exited unexpectedly (exit code 1); starting it again in 12 s.',
  )
  await vi.advanceTimersByTimeAsync(11_999)
  expect(world.started).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1)
  expect(world.started).toHaveLength(3)
  for (let times = 0; times < 300; times += 1) {
    await world.run({ code: 1 })
    await vi.advanceTimersByTimeAsync(12_000)
  }
  expect(world.started.length).toBeGreaterThan(300)
  expect(world.started.at(-1)?.variables).toEqual({ PORT: '4711' })
})

test('a server that cannot be restarted for want of memory is tried again', async () => {
  vi.useFakeTimers()
  const world = servers()
  await world.run(crash)
  world.started.at(-1)?.child.emit('error', new Error('spawn ENOMEM'))
  await vi.advanceTimersByTimeAsync(12_000)
  expect(world.started).toHaveLength(3)
  expect(world.said).toContain('node could not be started: spawn ENOMEM.')
})

test('a restarted server that rejects its configuration is not started again', async () => {
  const world = servers()
  await world.run(crash)
  await world.run({ code: 78 })
  expect(await world.ended).toBe(1)
  expect(world.started).toHaveLength(2)
})

test('a server that crashes again and again is started five times a minute', async () => {
  vi.useFakeTimers()
  const world = servers()
  for (let times = 0; times < 5; times += 1) await world.run(crash)
  expect(world.started).toHaveLength(5)
  expect(world.said.at(-1)).toBe(
    'The server exited unexpectedly (exit code 137); starting it again in 60 s.',
  )
  await vi.advanceTimersByTimeAsync(60_000)
  for (let times = 0; times < 5; times += 1) await world.run(crash)
  expect(world.started).toHaveLength(10)
})
