import { expect, test } from 'vitest'
import {
  allSettled,
  answered,
  createWorld,
  isWaiting,
  needsPerson,
  quiet,
  seen,
  soon,
  words,
} from './test-world.ts'

const noNetwork = () => Promise.reject(new Error('no network'))

test('after a restore sent entries without an answer need a person; unsent ones are sent', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.learnEpoch('epoch 1')
  await tab.add(words('unknown')).written
  await seen(tab, isWaiting)
  await quiet(tab)

  world.epoch = async () => 'epoch 2'
  world.serve = async () => answered(1)
  await tab.add(words('fresh')).written
  world.advance(60_000)
  const { entries, outcomes } = await seen(
    tab,
    (snapshot) => needsPerson(snapshot) && snapshot.outcomes.length === 1,
  )
  expect(entries).toMatchObject([
    { intent: { text: 'unknown' }, status: { question: { kind: 'restored' } } },
  ])
  expect(outcomes).toMatchObject([{ orderingKey: 'fresh' }])
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['unknown', 'fresh'])
})

test('a page that is loaded after the restore asks before it sends anything again', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const before = world.open()
  await before.learnEpoch('epoch 1')
  await before.add(words('milk')).written
  await before.add(words('tea')).written
  await seen(before, ({ entries }) => entries.every(({ status }) => status.state === 'waiting'))
  before.close()
  const sent = world.attempts.length

  world.epoch = async () => 'epoch 2'
  const after = world.open()
  const isAsked = () =>
    after
      .getSnapshot()
      .entries.map(({ status }) => status.state)
      .join() === 'needs_person,needs_person'
  await soon(after, isAsked)
  expect(world.attempts).toHaveLength(sent)
})

test('while the epoch cannot be read, nothing is sent again', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.epoch = noNetwork
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  for (const _ of [1, 2, 3]) {
    world.advance(60_000)
    await quiet(tab)
  }
  expect(world.attempts).toHaveLength(1)
  world.epoch = async () => 'epoch 1'
  world.serve = async () => answered(1)
  world.advance(60_000)
  await allSettled(tab)
})

test('a person may send an unknown entry again, under the same key, or discard it', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.learnEpoch('epoch 1')
  await tab.add(words('milk')).written
  await tab.add(words('tea')).written
  await seen(tab, ({ entries }) => entries.every(({ status }) => status.state === 'waiting'))
  world.epoch = async () => 'epoch 2'
  await tab.learnEpoch('epoch 2')
  await seen(tab, ({ entries }) => entries.every(({ status }) => status.state === 'needs_person'))
  world.serve = async () => answered(1)
  await tab.retry('key of milk')
  await tab.discard('key of tea')
  await allSettled(tab)
  expect(world.attempts.at(-1)?.key).toBe('key of milk')
  expect(world.cancels.map(({ key }) => key)).toEqual(['key of tea'])
})

test('an entry being discarded needs no person after a restore: its cancellation finds out', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = noNetwork
  const tab = world.open()
  await tab.learnEpoch('epoch 1')
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await tab.discard('key of milk')
  await seen(tab, isWaiting)
  await tab.learnEpoch('epoch 2')
  world.cancel = async () => ({ state: 'cancelled' })
  world.advance(60_000)
  await allSettled(tab)
})

test('entries that are sent again together read the epoch once', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const before = world.open()
  for (const text of 'abcd') await before.add(words(text)).written
  await seen(before, ({ entries }) => entries.every(({ status }) => status.state === 'waiting'))
  before.close()
  let asked = 0
  world.epoch = async () => {
    asked += 1
    return 'epoch 1'
  }
  world.serve = async () => answered(1)
  await allSettled(world.open())
  expect(asked).toBe(1)
})

test('an epoch that could not be read is read again at the next attempt', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  let asked = 0
  world.epoch = async () => {
    asked += 1
    if (asked === 1) throw new Error('no network')
    return 'epoch 1'
  }
  world.serve = async () => answered(1)
  world.advance(1_000)
  await seen(tab, ({ entries: [entry] }) => isWaiting(tab.getSnapshot()) && entry?.attempts === 2)
  expect(world.attempts).toHaveLength(1)
  world.advance(1_000)
  await allSettled(tab)
  expect(asked).toBe(2)
})
