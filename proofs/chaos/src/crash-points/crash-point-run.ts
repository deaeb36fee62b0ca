import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '@idem/test-support/postgres-proxy'
import { checkCase, isFinal } from './check-case.ts'
import type { Crash } from './crash-point.ts'
import { type Call, type Operation, operations } from './crash-point-operations.ts'
import { steps } from './crash-point-steps.ts'
import type { AttemptResult, CrashWorld } from './crash-point-world.ts'

/** The maximum time until a repeated call is answered after any kill. */
const mostRetryMs = 30_000
/** A request ends within 10 s, but the machine may be busy. */
const mostStrikeMs = 60_000
const pauseMs = 50

/** The attempt took another path: on a busy machine, for example, it got no connection in time. */
export class NotReached extends Error {}

let runs = 0

/** Runs one intent with a fault at one crash point and a retry; throws unless it has one effect and one answer. */
export async function runCrash(world: CrashWorld, crash: Crash): Promise<void> {
  const operation: Operation = operations[crash.operation]
  runs += 1
  const title = `${runs}: ${crash.operation}`
  const intent = await operation.prepare(title, async (call) => {
    const results = await untilFinal(world, 'other', call)
    return JSON.parse(results.at(-1)?.text ?? '').result.data
  })
  const leaving = new AbortController()
  const strike = prepareStrike(world, crash, leaving)
  const first = world.send('struck', intent.call, leaving.signal)
  const { struck, completed } = strike(first)
  await expectReached(struck, first)
  await completed
  const again = operation.sentAgain === 'never' ? undefined : intent.call
  const results = await sendAgain(world, crash, { first, again })
  await world.heal()
  await checkCase(world, { intent, title, results, sentAgain: operation.sentAgain })
}

type Strike = { readonly struck: Promise<unknown>; readonly completed: Promise<unknown> }

/** Plans the fault. */
function prepareStrike(
  world: CrashWorld,
  crash: Crash,
  leaving: AbortController,
): (first: Promise<AttemptResult>) => Strike {
  const act = actOf(world, crash, leaving)
  if (crash.step === 'answer' && crash.when === 'after') {
    return (first) => ({ struck: first, completed: first.then(act) })
  }
  const operation: Operation = operations[crash.operation]
  const step = crash.step === 'answer' ? operation.steps.at(-1) : crash.step
  if (step === undefined)
    throw new RangeError(`Expected an operation with steps, received ${crash.operation}.`)
  const acted = Promise.withResolvers<void>()
  const actThen = () => act().then(acted.resolve, acted.reject)
  const { setBack } = operation
  const struck = Promise.resolve(
    setBack && world.proxy.strike(steps[setBack.step], setBack.fault),
  ).then(() => world.proxy.strike(steps[step], faultOf(crash, actThen)))
  return () => ({ struck, completed: crash.fault === 'hang' ? struck : acted.promise })
}

function actOf(
  world: CrashWorld,
  { fault, step }: Crash,
  leaving: AbortController,
): () => Promise<void> {
  if (fault === 'kill-server') return world.killServer
  if (fault === 'kill-postgres') return world.killPostgres
  return async () => {
    if (step === 'answer') leaving.abort()
  }
}

function faultOf({ fault, step, when }: Crash, act: () => Promise<void>): Fault {
  if (step === 'answer') return { heard: act }
  if (fault === 'hang') return when === 'before' ? 'hang' : 'swallow_answer'
  return when === 'before' ? { before: act } : { after: act }
}

/** All results, starting with the first attempt. */
async function sendAgain(
  world: CrashWorld,
  { retry, fault }: Crash,
  { first, again }: { first: Promise<AttemptResult>; again: Call | undefined },
): Promise<AttemptResult[]> {
  if (again === undefined) return [await first]
  switch (retry) {
    case 'same-process':
      await first
      return [await first, ...(await untilFinal(world, 'struck', again))]
    case 'other-process': {
      // Immediately, while the first may still be in progress.
      const [results] = await Promise.all([untilFinal(world, 'other', again), world.heal()])
      return [await first, ...results]
    }
    case 'restarted':
      if (fault !== 'hang') await first
      await world.killServer()
      await world.heal()
      return [await first, ...(await untilFinal(world, 'struck', again))]
  }
}

async function untilFinal(
  world: CrashWorld,
  server: 'struck' | 'other',
  call: Call,
): Promise<AttemptResult[]> {
  const results: AttemptResult[] = []
  for (const begun = performance.now(); performance.now() - begun < mostRetryMs; ) {
    const last = await world.send(server, call)
    results.push(last)
    if (isFinal(last)) return results
    await pause(pauseMs)
  }
  const received = results.map(({ status, code }) => `${status} ${code}`).join(', ')
  throw new Error(
    `Expected an answer within ${mostRetryMs / 1_000} s of retries, received ${received}.`,
  )
}

async function expectReached(
  struck: Promise<unknown>,
  first: Promise<AttemptResult>,
): Promise<void> {
  let isStruck = false
  void struck.then(() => {
    isStruck = true
  })
  const ended = await Promise.race([struck, first, pause(mostStrikeMs, 'nothing', { ref: false })])
  if (!isStruck) throw new NotReached(`Received ${JSON.stringify(ended)} before the step.`)
}
