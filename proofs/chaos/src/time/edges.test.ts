import { v7 } from 'uuid'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { clockServers } from './clock-servers.ts'
import { createOf, madeBy } from './key-effects.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const world = await clockServers([24, 48])
beforeEach(() => world.reset())
afterAll(() => world[Symbol.asyncDispose]())

const minute = 60_000
const hour = 60 * minute
const now = Date.parse('2026-11-24T12:00:00.000Z')

test('the claim window of a time-ordered key is exact to the millisecond', async () => {
  await world.clock.stopAt(now)
  const answers = [
    // In the minute after the window an attempt that claimed the key inside may be at its commit.
    [-23 * hour - minute, 'key_expired'],
    [-23 * hour - minute + 1, 'in_flight'],
    [-23 * hour, 'in_flight'],
    [-23 * hour + 1, 'claimed'],
    [0, 'claimed'],
    [5 * minute, 'claimed'],
    [5 * minute + 1, 'key_from_future'],
  ] as const
  for (const [ahead, answer] of answers) {
    const key = v7({ msecs: now + ahead })
    for (const api of ['trpc', 'rest'] as const) {
      const received = await world.ask(0)(api, createOf(key))
      expect([ahead, received.refused ? JSON.parse(received.text ?? '').code : 'claimed']).toEqual([
        ahead,
        answer,
      ])
    }
  }
})

test('a key is kept for the whole retention and forgotten by the next cleaning', async () => {
  const key = 'abc-123'
  await world.clock.stopAt(now)
  const first = await world.ask(0)('rest', createOf(key))
  await world.clock.stopAt(now + 24 * hour)
  await world.clean(0)
  expect(await world.ask(1)('rest', createOf(key))).toEqual({
    ...first,
    replayed: true,
    lifetime: `${48 * 3_600}`,
  })
  await world.clock.stopAt(now + 24 * hour + 1)
  await world.clean(0)
  expect(await world.ask(0)('rest', createOf(key))).toMatchObject({ status: 201, replayed: false })
  expect(await madeBy(world)).toEqual(new Map([[key, 2]]))
})

test('a forgotten time-ordered key is not revived by a longer retention, whenever it was minted', async () => {
  for (const ahead of [5 * minute, 0, -22 * hour]) {
    await world.reset()
    const key = v7({ msecs: now + ahead })
    await world.clock.stopAt(now)
    expect(await world.ask(0)('trpc', createOf(key))).toMatchObject({ status: 200 })
    await world.clock.stopAt(now + 24 * hour + 1)
    await world.clean(0)
    await expectExpired(key)
    await world.clean(1)
    await expectExpired(key)
    expect(await madeBy(world)).toEqual(new Map([[key, 1]]))
  }
})

async function expectExpired(key: string): Promise<void> {
  for (const server of [0, 1] as const) {
    const received = await world.ask(server)('trpc', createOf(key))
    expect([server, received.status, received.text]).toEqual([
      server,
      412,
      expect.stringContaining('key_expired'),
    ])
    const outcome = await world.ask(server)('rest', { operation: 'outcomeOf', key })
    expect(outcome.text).toBe('{"state":"forgotten"}')
  }
}
