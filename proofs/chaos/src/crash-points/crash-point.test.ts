import { mutations } from '@idem/operations/mutations'
import { seeded } from '@idem/test-support/random'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { gather } from '../checker/facts.ts'
import { keysAndEffectsAgree } from '../checker/once.ts'
import { seedOfRun } from '../report.ts'
import { type Crash, crashes, crashPoints, faults, nameOf, sampleOf } from './crash-point.ts'
import { type Operation, type OperationName, operations } from './crash-point-operations.ts'
import { runCrash } from './crash-point-run.ts'
import { stepOf, steps } from './crash-point-steps.ts'
import { type CrashWorld, crashWorld } from './crash-point-world.ts'

/** A part of the names to run, or a pattern. */
const chosen = process.env.IDEM_CRASH_POINT
const isProof = process.env.IDEM_PROVE === 'true'
const seed = seedOfRun()
/** A failure costs half a minute and a new world; this many are enough to see their common cause. */
const mostFailures = 10
/** A crash waits most of its time, for a time-out or for a process that starts, so a proof runs several at once. */
const lanes = isProof ? 4 : 1

vi.setConfig({ testTimeout: 6 * 3_600_000, hookTimeout: 60_000 })

let worlds: CrashWorld[] = []
beforeAll(async () => {
  worlds = await Promise.all(Array.from({ length: lanes }, () => crashWorld()))
})
afterAll(async () => {
  await Promise.all(worlds.map((world) => world[Symbol.asyncDispose]()))
})

test('every keyed operation has crash points', () => {
  const names = Object.keys(operations).map((name) => name.split('-')[0])
  expect(names).toEqual(expect.arrayContaining(Object.keys(mutations)))
})

test('every statement that a write sends is a crash point', async () => {
  const recorded: string[] = []
  for (const [name, operation] of Object.entries(operations)) {
    for (const step of await record(operation)) recorded.push(`${name}/${step}`)
  }
  const points = crashPoints().filter(({ step }) => step !== 'answer')
  expect(recorded).toEqual(points.map(({ operation, step }) => `${operation}/${step}`))
})

test(`a retry after any fault at any crash point has one effect and one answer (seed ${seed})`, async () => {
  const begun = performance.now()
  const all = crashes()
  const run = choose(all)
  expect(run.length).toBeGreaterThan(0)
  const failures: string[] = []
  let next = 0
  const crashInTurn = async (lane: number) => {
    for (let at = next++; at < run.length && failures.length < mostFailures; at = next++) {
      const crash = run[at]
      if (crash === undefined) throw new RangeError(`Expected a crash at ${at}.`)
      if (at > 0 && at % 100 === 0) console.log(`${at} of ${run.length}, ${failures.length} failed`)
      try {
        await runCrash(worldOf(lane), crash)
      } catch (error) {
        failures.push(`${nameOf(crash)}: ${error}\n${again(crash)}`)
        await renewWorld(lane)
      }
    }
  }
  await Promise.all(worlds.map((_, lane) => crashInTurn(lane)))
  console.log(table(run, all.length, performance.now() - begun))
  if (failures.length > 0) throw new Error(failures.join('\n'))
  for (const world of worlds) {
    const [effects, records] = await Promise.all([world.effects(), world.records()])
    expect(keysAndEffectsAgree(gather({ events: [], effects, records }))).toEqual([])
  }
})

function choose(all: readonly Crash[]): Crash[] {
  if (chosen !== undefined) {
    const pattern = new RegExp(chosen)
    return all.filter((crash) => pattern.test(nameOf(crash)))
  }
  return isProof ? [...all] : sampleOf(all, seeded(seed))
}

async function record({ prepare, setBack }: Operation): Promise<string[]> {
  const world = worldOf(0)
  const intent = await prepare('recorded', async (call) => {
    return JSON.parse((await world.send('other', call)).text).result.data
  })
  const sent: string[] = []
  if (setBack !== undefined) {
    void world.proxy.strike(steps[setBack.step], setBack.fault).then(() => sent.splice(0))
  }
  const stop = world.proxy.watch((statement) => {
    const step = stepOf(statement)
    if (step !== undefined) sent.push(step)
  })
  expect(await world.send('struck', intent.call)).toMatchObject({ code: intent.expected })
  stop()
  return sent
}

function worldOf(lane: number): CrashWorld {
  const world = worlds[lane]
  if (world === undefined) throw new RangeError(`Expected fewer than ${lane + 1} lanes.`)
  return world
}

/** After a failure a planned fault may be pending, or a process may be down. */
async function renewWorld(lane: number): Promise<void> {
  await worldOf(lane)[Symbol.asyncDispose]()
  worlds[lane] = await crashWorld()
}

function again(crash: Crash): string {
  return `  Again: IDEM_CRASH_POINT='${nameOf(crash)}' npx vitest run --project @idem/chaos crash-point`
}

function table(run: readonly Crash[], all: number, ms: number): string {
  const names = Object.keys(operations) as OperationName[]
  const count = (some: (crash: Crash) => boolean) => run.filter(some).length
  const lines = names.map((name) =>
    [
      name.padEnd(32),
      ...faults.map((fault) =>
        String(count((crash) => crash.operation === name && crash.fault === fault)).padStart(14),
      ),
    ].join(''),
  )
  return [
    `${run.length} of ${all} crashes at ${crashPoints().length} points, ${Math.round(ms / 1_000)} s, seed ${seed}`,
    ['operation'.padEnd(32), ...faults.map((fault) => fault.padStart(14))].join(''),
    ...lines,
  ].join('\n')
}
