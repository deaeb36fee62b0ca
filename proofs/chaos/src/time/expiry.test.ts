import { type Random, seeded } from '@idem/test-support/random'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import type { Received } from '../model/call.ts'
import { seedOfRun } from '../report.ts'
import { type ClockServers, clockServers } from './clock-servers.ts'
import { createOf, madeBy } from './key-effects.ts'

vi.setConfig({ testTimeout: 120_000 })

const seed = seedOfRun()
const hour = 3_600_000
const APIs = ['trpc', 'rest'] as const
/** The number of keys of each kind. Their windows, and later their retentions, end one after the other within this time. */
const keysOfAKind = 24
const withinMs = 3_000
/** The time to use them first. */
const leadMs = 2_000

/** The response to one attempt; attempts of one round are sent at the same time. */
type CallResult = { readonly round: number; readonly received: Received }

test(`keys retried around their expiry while both servers clean are never executed twice (seed ${seed})`, async () => {
  await using world = await clockServers([2, 2])
  const random = seeded(seed + 6)
  const apart = withinMs / keysOfAKind
  // The windows close one after the other; every third key is not used before.
  const timed = Array.from({ length: keysOfAKind }, (_, at) =>
    v7({ msecs: world.clock.now() - hour + leadMs + at * apart }),
  )
  const opaque = Array.from({ length: keysOfAKind }, (_, at) => `opaque-${at}`)
  const story = new Map([...timed, ...opaque].map((key) => [key, [] as CallResult[]]))
  const hammer = startHammer(world, random, story)
  await hammer.send([...timed.filter((_, at) => at % 3 !== 0), ...opaque])

  await hammer.during(leadMs + withinMs + 500)
  // Just before the first of them has been kept for two hours.
  await world.clock.setAhead(2 * hour - 8_000)
  const rounds = await hammer.during(4_000)
  await world.clock.setAhead(3 * hour)
  await hammer.during(500)

  console.log(`${hammer.attempts()} attempts, ${rounds} rounds of cleaning, seed ${seed}`)
  const made = await madeBy(world)
  for (const key of timed) {
    const results = story.get(key) ?? []
    const answers = results.filter(({ received }) => !received.refused)
    expect([key, made.get(key) ?? 0]).toEqual([key, answers.length === 0 ? 0 : 1])
    expect(new Set(answers.map(({ received }) => received.text)).size).toBe(made.get(key) ?? 0)
    expect([key, revivedAfterRefusal(results)]).toEqual([key, []])
    expect(results.at(-1)?.received.status).toBe(412)
  }
  expect(timed.filter((key) => made.has(key)).length).toBeGreaterThan(keysOfAKind / 2)
  for (const key of opaque) {
    const results = story.get(key) ?? []
    expect([key, livesOf(results), made.get(key)]).toEqual([key, 2, 2])
  }
})

/** Each round sends each key to both servers while both of them clean. */
function startHammer(world: ClockServers, random: Random, story: Map<string, CallResult[]>) {
  let round = 0
  let attempts = 0

  async function attempt(key: string, server: 0 | 1): Promise<void> {
    const api = APIs[random.between(0, 1)] ?? 'rest'
    const sentIn = round
    let received: Received
    do {
      received = await world.ask(server)(api, createOf(key))
      attempts += 1
      // On a busy machine the wait for a duplicate may time out.
    } while (/"code":"(in_flight|unavailable)"/.test(received.text ?? ''))
    expect([200, 201, 412]).toContain(received.status)
    story.get(key)?.push({ round: sentIn, received })
  }

  return {
    attempts: () => attempts,
    async send(keys: readonly string[]) {
      round += 1
      await Promise.all(keys.flatMap((key) => [attempt(key, 0), attempt(key, 1)]))
    },
    async during(ms: number) {
      const end = performance.now() + ms
      let cleanings = 0
      while (performance.now() < end) {
        cleanings += 1
        await Promise.all([this.send([...story.keys()]), world.clean(0), world.clean(1)])
      }
      return cleanings
    },
  }
}

/** Answers to attempts that were sent after a refused attempt. */
function revivedAfterRefusal(results: readonly CallResult[]): CallResult[] {
  const refused = results.filter(({ received }) => received.refused).map(({ round }) => round)
  const first = Math.min(...refused)
  return results.filter(({ received, round }) => !received.refused && round > first)
}

/** The number of different answers; an answer that was followed by another must not return. */
function livesOf(results: readonly CallResult[]): number {
  const texts = [...new Set(results.map(({ received }) => received.text))]
  const rounds = texts.map((text) =>
    results.filter(({ received }) => received.text === text).map(({ round }) => round),
  )
  for (const [at, later] of rounds.slice(1).entries()) {
    expect(Math.min(...later)).toBeGreaterThanOrEqual(Math.max(...(rounds[at] ?? [])))
  }
  return texts.length
}
