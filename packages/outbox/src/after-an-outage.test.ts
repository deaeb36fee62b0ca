import { expect, test } from 'vitest'
import {
  answered,
  createWorld,
  isEmpty,
  quiet,
  refused,
  soon,
  states,
  words,
} from './test-world.ts'

const titles = ['milk', 'tea', 'bread', 'salt', 'rice', 'jam']

/** Six intents whose attempts have had no answer for a minute. */
async function worldInOutage() {
  const world = createWorld()
  world.serve = async () => {
    throw new TypeError('no network')
  }
  const tab = world.open()
  for (const title of titles) await tab.add(words(title)).written
  for (let second = 0; second < 61; second += 1) {
    await quiet(tab)
    world.advance(1_000)
  }
  await quiet(tab)
  expect(states(tab)).toEqual(titles.map(() => 'waiting'))
  return { world, tab }
}

test('after an outage one answered attempt releases all intents that wait', async () => {
  const { world, tab } = await worldInOutage()
  await using _ = world
  world.serve = async () => answered(1)
  const before = world.attempts.length
  await tab.add(words('soap')).written
  await quiet(tab)
  world.advance(2_000)
  await soon(tab, isEmpty)
  expect(world.attempts).toHaveLength(before + titles.length + 1)
})

test('after an outage any other answer of the server releases all intents that wait', async () => {
  const { world, tab } = await worldInOutage()
  await using _ = world
  world.serve = async () => answered(1)
  tab.serverAnswered()
  world.advance(2_000)
  await soon(tab, isEmpty)
})

test('an answer does not end a wait that the server asked for', async () => {
  await using world = createWorld()
  world.serve = async () => refused('same_key', { retryAfterMs: 30_000 })
  const tab = world.open()
  await tab.add(words('milk')).written
  await quiet(tab)
  tab.serverAnswered()
  world.advance(29_000)
  await quiet(tab)
  expect(world.attempts).toHaveLength(1)
})

test('an intent that alone has no answer is not sent with every answer of the server', async () => {
  await using world = createWorld()
  world.serve = async ({ intent }) => {
    if (intent.text === 'milk') throw new TypeError('the connection was reset')
    return answered(1)
  }
  const tab = world.open()
  await tab.add(words('milk')).written
  for (let answers = 0; answers < 60; answers += 1) {
    tab.serverAnswered()
    await quiet(tab)
    world.advance(1_000)
  }
  // 0.5, 0.4, 0.6 s, and so on: with each attempt the shortest wait is 0.2 s longer.
  expect(world.attempts.length).toBeLessThan(26)
})
