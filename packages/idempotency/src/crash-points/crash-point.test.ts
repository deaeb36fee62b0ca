import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '@idem/test-support/postgres-proxy'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import {
  type AdapterName,
  type AttemptResult,
  adapterNames,
  type Committed,
  type CrashWorld,
  crashWorld,
  type Sent,
} from './test-crash-world.ts'

const isProof = process.env.IDEM_PROVE === 'true'
/** The beginning of the names to run, from the adapter on. */
const chosen = process.env.IDEM_CRASH_POINT
/** Without Drizzle, with which a process takes the longest to start. */
const ordinary = adapterNames.slice(0, 2)
/** A statement is reached within some 10 ms, on a machine that is not busy. */
const mostReachMs = 15_000

/** A connection is lost to the database a moment after its process. */
const mostEndMs = 10_000

vi.setConfig({ testTimeout: isProof ? 3_600_000 : 60_000 })

/** `executed-first`: by a process that has no connection yet. */
const operations = ['executed', 'executed-first', 'declined', 'replayed'] as const
/** A hanging process is killed after the first retry. */
const faults = ['cut', 'hang', 'kill'] as const
const moments = ['before', 'after'] as const
const retries = ['same', 'other'] as const

type CrashPoint = {
  readonly operation: (typeof operations)[number]
  readonly statement: string
  /** How often the same attempt has sent the statement before. */
  readonly before: number
  readonly name: string
}

type Crash = CrashPoint & {
  readonly fault: (typeof faults)[number]
  readonly when: (typeof moments)[number]
  /** The process of the retry. */
  readonly retry: (typeof retries)[number]
}

test.concurrent.for((isProof ? adapterNames : ordinary).filter(mayBeChosen))(
  'a retry after any fault at any statement of run has one effect and one answer, over %s',
  async (adapter) => {
    await using world = await crashWorld(adapter)
    const begun = performance.now()
    const points: CrashPoint[] = []
    for (const operation of isProof ? operations : operations.slice(0, 1)) {
      points.push(...(await pointsOf(world, adapter, operation)))
    }
    const crashes = points.flatMap(crashesAt).filter(isChosen)
    expect(crashes.length).toBeGreaterThan(0)
    for (const [at, crash] of crashes.entries()) {
      if (at > 0 && at % 50 === 0) report(`${adapter}: ${at} of ${crashes.length}`)
      await expectOneEffect(world, crash)
    }
    expect(await world.wrongKeys()).toEqual([])
    const seconds = Math.round((performance.now() - begun) / 1_000)
    report(`${adapter}: ${crashes.length} crashes at ${points.length} points, ${seconds} s`)
  },
)

/** Those that it sends without a fault, in order. */
async function pointsOf(
  world: CrashWorld,
  adapter: AdapterName,
  operation: CrashPoint['operation'],
): Promise<CrashPoint[]> {
  const sent = await prepare(world, operation)
  const statements: string[] = []
  // A statement without a name is bound without it.
  const stop = world.proxy.watch((statement) => statement !== '' && statements.push(statement))
  expect(await world.run('struck', sent)).toHaveProperty('text')
  stop()
  expect(statements).toContainEqual(expect.stringMatching(/^begin/i))
  expect(statements).toContainEqual(expect.stringMatching(/^idem_claim_|insert into "idem"/i))
  expect(statements).toContainEqual(expect.stringMatching(/^commit$/i))
  return statements.map((statement, at) => ({
    operation,
    statement,
    before: statements.slice(0, at).filter((earlier) => earlier === statement).length,
    name: `${adapter}/${operation}/${at + 1}`,
  }))
}

function crashesAt(point: CrashPoint): Crash[] {
  return faults
    .flatMap((fault) => moments.map((when) => ({ ...point, fault, when })))
    .flatMap((crash) => retries.map((retry) => ({ ...crash, retry })))
    .filter(({ fault, retry }) => fault === 'cut' || retry === 'other')
    .map((crash) => ({
      ...crash,
      name: [crash.name, crash.fault, crash.when, crash.retry].join('/'),
    }))
}

function mayBeChosen(adapter: AdapterName): boolean {
  return chosen === undefined || chosen.startsWith(`${adapter}/`)
}

function isChosen(crash: Crash): boolean {
  const { name, fault } = crash
  if (chosen !== undefined) return name.startsWith(chosen)
  return isProof || (isCommit(crash) && fault !== 'hang')
}

function isCommit({ statement }: CrashPoint): boolean {
  return /^commit$/i.test(statement)
}

async function prepare(world: CrashWorld, operation: CrashPoint['operation']): Promise<Sent> {
  const sent = { key: v7(), declines: operation === 'declined' }
  if (operation === 'replayed') await world.run('other', sent)
  if (operation === 'executed-first') await world.killStruck()
  else await world.run('struck', { key: v7(), declines: false })
  return sent
}

async function expectOneEffect(world: CrashWorld, crash: Crash): Promise<void> {
  const sent = await prepare(world, crash.operation)
  const { struck, completed } = strike(world, crash)
  const first = world.run('struck', sent)
  await expectReached(struck, first, crash)
  await completed
  // A process that is killed leaves both an effect and its answer, or neither.
  const left = await world.committed(sent.key)
  const isSettled = crash.fault === 'kill' && crash.when === 'after' && isCommit(crash)
  if (isSettled || left.stored.length > 0 || left.effects > 0) expectOnce(left, sent, crash)
  const results = await sendAgain(world, crash, { sent, first })
  const codes = results.flatMap((result) => ('code' in result ? result.code : []))
  expect(
    codes.filter((code) => !passing.includes(code)),
    inWords(crash),
  ).toEqual([])
  const texts = new Set(results.filter(isFinal).map(({ text }) => text))
  const committed = await world.committed(sent.key)
  expectOnce(committed, sent, crash)
  expect([...texts], inWords(crash)).toEqual(committed.stored)
  await vi.waitFor(
    async () => expect(await world.openTransactions(), inWords(crash)).toBe(0),
    mostEndMs,
  )
}

function expectOnce({ effects, stored }: Committed, { key, declines }: Sent, crash: Crash): void {
  const text = JSON.stringify(declines ? `not ${key}` : { made: key })
  const once = { effects: declines ? 0 : 1, stored: [text] }
  expect({ effects, stored }, inWords(crash)).toEqual(once)
}

/** Plans the fault. */
function strike(world: CrashWorld, { fault, when, statement, before }: Crash) {
  for (let passed = 0; passed < before; passed += 1) void world.proxy.strike(statement, unharmed)
  if (fault !== 'kill') {
    const struck = world.proxy.strike(statement, withoutKill[fault][when])
    return { struck, completed: struck }
  }
  const killed = Promise.withResolvers<void>()
  const kill = () => world.killStruck().then(killed.resolve, killed.reject)
  const struck = world.proxy.strike(
    statement,
    when === 'before' ? { before: kill } : { after: kill },
  )
  return { struck, completed: killed.promise }
}

const unharmed: Fault = { delayMs: 0 }

const withoutKill = {
  cut: { before: 'cut_before', after: 'cut_after' },
  hang: { before: 'hang', after: 'swallow_answer' },
} as const satisfies Record<string, Record<Crash['when'], Fault>>

/** Throws if the attempt ended, or nothing happened, before the fault struck. */
async function expectReached(
  struck: Promise<void>,
  first: Promise<AttemptResult>,
  crash: Crash,
): Promise<void> {
  const late = pause(mostReachMs, 'nothing', { ref: false })
  const instead = await Promise.race([struck, first, late])
  if (instead === undefined) return
  throw new Error(`Received ${JSON.stringify(instead)} before the fault struck: ${inWords(crash)}`)
}

/** All results, starting with the first attempt. */
async function sendAgain(
  world: CrashWorld,
  { fault, retry }: Crash,
  { sent, first }: { sent: Sent; first: Promise<AttemptResult> },
): Promise<AttemptResult[]> {
  const results: AttemptResult[] = []
  if (fault === 'hang') {
    // While the first attempt still holds the key.
    results.push(await world.run('other', sent))
    await world.killStruck()
    world.proxy.calm()
  }
  if (retry === 'same') results.push(await first)
  const process = retry === 'same' ? 'struck' : 'other'
  for (let tries = 0; tries < mostTries && !results.some(isFinal); tries += 1) {
    results.push(await world.run(process, sent))
  }
  return [await first, ...results, await world.run('other', sent)]
}

/** Each may wait for an attempt that is still in progress. */
const mostTries = 20

function isFinal(
  result: AttemptResult,
): result is Extract<AttemptResult, { readonly text: string }> {
  return 'text' in result
}

/** The codes of an attempt that the next one settles. */
const passing = ['unavailable', 'in_flight', 'killed']

function report(line: string): void {
  process.stdout.write(`${line}\n`)
}

function inWords({ name, statement }: Crash): string {
  return `"${statement}" of IDEM_PROVE=true IDEM_CRASH_POINT=${name}`
}
