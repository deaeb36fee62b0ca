import { expect, test } from 'vitest'
import {
  allSettled,
  answered,
  createWorld,
  isEmpty,
  isWaiting,
  quiet,
  refused,
  seen,
  soon,
  words,
} from './test-world.ts'

const hourMs = 3_600_000
const noNetwork = () => Promise.reject(new Error('no network'))

test.each([-40 * 24 * hourMs, -hourMs, hourMs, 40 * 24 * hourMs])(
  'a clock set by %i ms while the network is away causes no storm: at most one attempt a wait',
  async (jumpMs) => {
    await using world = createWorld()
    world.serve = noNetwork
    const tab = world.open()
    await tab.add(words('milk')).written
    await seen(tab, isWaiting)
    world.wake()
    await quiet(tab)
    world.setClock(jumpMs)
    await quiet(tab)
    const before = world.attempts.length
    for (let second = 0; second < 10; second += 1) {
      world.advance(1_000)
      await quiet(tab)
    }
    // Waits of 2 s and 4 s have begun before or within these 10 s.
    expect(world.attempts.length - before).toBeLessThanOrEqual(3)
    expect(world.attempts.length - before).toBeGreaterThan(0)
  },
)

test.each([-40 * 24 * hourMs, -hourMs])(
  'a clock set back by %i ms does not stretch a wait: not of this page, nor of the page after a reload',
  async (jumpMs) => {
    await using world = createWorld()
    world.serve = async () => refused('same_key', { retryAfterMs: 30_000 })
    const before = world.open()
    await before.add(words('milk')).written
    await seen(before, isWaiting)
    world.setClock(jumpMs)
    before.close()
    const after = world.open()
    await seen(after, isWaiting)
    await quiet(after)
    world.serve = async () => answered(1)
    expect(world.attempts).toHaveLength(1)
    world.advance(31_000)
    await soon(after, isEmpty)
  },
)

test('a wait that the server asks for is limited to an hour', async () => {
  await using world = createWorld()
  world.serve = async () => refused('same_key', { retryAfterMs: 30 * 24 * hourMs })
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  world.serve = async () => answered(1)
  for (let minute = 0; minute < 59; minute += 1) {
    world.advance(60_000)
    await quiet(tab)
  }
  expect(world.attempts).toHaveLength(1)
  world.advance(60_000)
  await allSettled(tab)
})

test('a wake-up causes one attempt, also in two tabs', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tabs = [world.open(), world.open()] as const
  await tabs[0].add(words('milk')).written
  await Promise.all(tabs.map((tab) => seen(tab, isWaiting)))
  for (const tab of tabs) await quiet(tab)
  const before = world.attempts.length
  world.setClock(-hourMs)
  world.wake()
  for (const tab of tabs) await quiet(tab)
  // Without locks both may take the one wake-up at once, and no more.
  expect(world.attempts.length - before).toBeLessThanOrEqual(2)
  expect(world.attempts.length - before).toBeGreaterThan(0)
})
