import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { type Api, checkResponse } from '../check-response.ts'
import { repeatUntil } from '../repeat-until.ts'
import type { Answer } from '../send.ts'
import { asRequest } from './as-request.ts'
import { nameOf } from './names.ts'
import { createObserver } from './observed.ts'
import { otherOwnerWorld } from './other-owner-world.ts'
import { type Repeat, type Step, sequences } from './step.ts'
import { createTimes } from './times.ts'

const isProving = process.env.IDEM_PROVE === 'true'
/** Sequences have about twenty requests. */
const numRuns = isProving ? 1_150 : 40
const [fewest, closest] = isProving ? [20_000, 1.25] : [500, 3]
/** Fixed in `npm test`, new in `npm run prove`; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED)

vi.setConfig({ testTimeout: 60_000 + 1_000 * numRuns })

const world = await otherOwnerWorld()
afterAll(() => world[Symbol.asyncDispose]())
const { names, bob, carol } = world

test('no request tells whether another owner uses an id or a key: answers and their times are those of unknown ones', async () => {
  const before = await world.rowsOfAnn()
  const times = createTimes(names)
  const met = new Map<string, number>()
  let requests = 0

  async function compare(sequence: readonly (Step | Repeat)[]): Promise<void> {
    await world.startOver()
    const observe = {
      hers: createObserver(names, 'hers'),
      unknown: createObserver(names, 'unknown'),
    }
    const send = {
      hers: (step: Step) => world.send(asRequest(step, bob, nameOf(names, 'hers'))),
      unknown: (step: Step) => world.send(asRequest(step, carol, nameOf(names, 'unknown'))),
    }
    for (const [at, step] of stepsOf(sequence).entries()) {
      const order = at % 2 === 0 ? (['hers', 'unknown'] as const) : (['unknown', 'hers'] as const)
      const [first, second] = [await send[order[0]](step), await send[order[1]](step)]
      const [hers, unknown] = at % 2 === 0 ? [first, second] : [second, first]
      expect(observe.hers(hers), JSON.stringify(step)).toEqual(observe.unknown(unknown))
      times.add(step, { hers: hers.ms, unknown: unknown.ms })
      for (const code of codesOf(step, unknown)) met.set(code, (met.get(code) ?? 0) + 1)
      requests += 1
    }
  }

  const run = fc.assert(fc.asyncProperty(sequences, compare), { seed, numRuns })
  await repeatUntil(run, world.annWaits)
  await run
  console.log(
    `${requests} requests, seed ${seed}: ${[...met].map(([code, times]) => `${times} ${code}`).join(', ')}; ${times.describe()}`,
  )
  expect(requests).toBeGreaterThanOrEqual(fewest)
  // A refusal that never occurs is not compared.
  expect([...met.keys()]).toEqual(expect.arrayContaining(refusals))
  expect(times.apart(closest)).toEqual([])
  expect(await world.rowsOfAnn()).toEqual(before)
})

test('afterwards nothing is logged, and no e-mail address', async () => {
  expect(await world.harm()).toEqual([])
  expect(world.errors()).toEqual([])
})

function stepsOf(sequence: readonly (Step | Repeat)[]): Step[] {
  const steps: Step[] = []
  for (const each of sequence) {
    const step = 'again' in each ? steps[each.again % steps.length] : each
    if (step !== undefined) steps.push(step)
  }
  return steps
}

const refusals = [
  ...['ok', 'replayed', 'not_found', 'id_taken', 'version_conflict', 'version_missing'],
  ...['key_reused', 'key_expired', 'key_from_future', 'cancelled', 'other_account', 'forbidden'],
]

function codesOf({ form, calls: [call] }: Step, answer: Answer): readonly string[] {
  if (answer.headers['idempotent-replayed'] === 'true') return ['replayed']
  if (form === 'stream') return []
  const api: Api = answer.text.startsWith('{"result"') ? 'trpc' : apiOf(answer)
  const { codes, faults } = checkResponse(api, answer)
  expect(faults, JSON.stringify(call)).toEqual([])
  return codes
}

function apiOf({ text }: Answer): Api {
  return /^\[?\{"(error|result)"/.test(text) ? 'trpc' : 'rest'
}
