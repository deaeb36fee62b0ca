import { mutations } from '@idem/operations/mutations'
import { seeded } from '@idem/test-support/random'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { gather } from '../checker/facts.ts'
import { keysAndEffectsAgree } from '../checker/once.ts'
import { seedOfRun } from '../report.ts'
import { type Crash, crashes, crashPoints, faults, nameOf, sampleOf } from './crash-point.ts'
import { type Operation, type OperationName, operations } from './crash-point-operations.ts'
import { NotReached, runCrash } from './crash-point-run.ts'
import { stepOf, steps } from './crash-point-steps.ts'
import { type CrashWorld, crashWorld } from './crash-point-world.ts'

/** A part of the names to run, or a pattern. */
const chosen = process.env.IDEM_CRASH_POINT
const isProof = process.env.IDEM_PROVE === 'true'
const seed = seedOfRun()
/** A failure costs half a minute and a new world; this many are enough to see their common cause. */
const mostFailures = 10
/**
 * A hang waits for time-outs, and a kill for a process that starts, so a proof runs several of each at once.
 * Only a hang may meet short time-outs: a busy machine reaches them too.
 */
const lanes: readonly Lane[] = isProof
  ? [...Array<Lane>(4).fill('kills'), ...Array<Lane>(3).fill('hangs')]
  : ['all']

vi.setConfig({ testTimeout: 6 * 3_600_000, hookTimeout: 300_000 })

const mostTries = 3
const missed = new Map<Crash, number>()

type Lane = 'all' | 'hangs' | 'kills'
type Seconds = Record<Crash['fault'], number>

let worlds: CrashWorld[] = []
beforeAll(async () => {
  worlds = await Promise.all(lanes.map(worldFor))
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
  const seconds: Seconds = { cut: 0, hang: 0, 'kill-server': 0, 'kill-postgres': 0 }
  let done = 0
  const crashInTurn = async (queue: Crash[], lane: number) => {
    for (let crash = queue.pop(); crash && failures.length < mostFailures; crash = queue.pop()) {
      const crashed = performance.now()
      try {
        await runCrash(worldOf(lane), crash)
      } catch (error) {
        await renewWorld(lane)
        if (error instanceof NotReached && mayTryAgain(crash)) {
          queue.push(crash)
          continue
        }
        failures.push(`${nameOf(crash)}: ${error}\n${again(crash)}`)
      }
      seconds[crash.fault] += (performance.now() - crashed) / 1_000
      done += 1
      if (done % 100 === 0) console.log(`${done} of ${run.length}, ${failures.length} failed`)
    }
  }
  const waiting = {
    all: [...run],
    hangs: run.filter(({ fault }) => fault === 'hang'),
    kills: run.filter(({ fault }) => fault !== 'hang'),
  }
  await Promise.all(lanes.map((lane, at) => crashInTurn(waiting[lane], at)))
  console.log(table(run, all.length, performance.now() - begun))
  console.log(`Seconds of each: ${meanOf(run, seconds)}; ${missed.size} were not reached at first`)
  if (failures.length > 0) throw new Error(failures.join('\n'))
  for (const world of worlds) {
    const [effects, records] = await Promise.all([world.effects(), world.records()])
    expect(keysAndEffectsAgree(gather({ events: [], effects, records }))).toEqual([])
  }
})

/** Nothing was wrong, and nothing was proven. A fault that is planned for it may strike later, in a world that is discarded. */
function mayTryAgain(crash: Crash): boolean {
  const tries = (missed.get(crash) ?? 0) + 1
  missed.set(crash, tries)
  return tries < mostTries
}

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

function worldFor(lane: Lane): Promise<CrashWorld> {
  return crashWorld(lane === 'hangs' ? 'short' : 'usual')
}

function worldOf(lane: number): CrashWorld {
  const world = worlds[lane]
  if (world === undefined) throw new RangeError(`Expected fewer than ${lane + 1} lanes.`)
  return world
}

/** After a failure a planned fault may be pending, or a process may be down. */
async function renewWorld(lane: number): Promise<void> {
  await worldOf(lane)[Symbol.asyncDispose]()
  worlds[lane] = await worldFor(lanes[lane] ?? 'all')
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

function meanOf(run: readonly Crash[], seconds: Seconds): string {
  const means = faults.map((fault) => {
    const count = run.filter((crash) => crash.fault === fault).length
    return `${fault} ${(seconds[fault] / count).toFixed(1)}`
  })
  return means.join(', ')
}
