import { expect, test } from 'vitest'
import {
  allSettled,
  answered,
  createLocks,
  createWorld,
  isWaiting,
  needsPerson,
  quiet,
  type Reply,
  refused,
  seen,
  soon,
  states,
  words,
} from './test-world.ts'

const noNetwork = () => Promise.reject(new Error('no network'))
const dayMs = 86_400_000

test('an entry shows its attempts and its last error in every state', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.add(words('milk')).written
  expect((await seen(tab, isWaiting)).entries).toMatchObject([
    { attempts: 1, lastError: { kind: 'no_answer', message: 'no network' } },
  ])

  world.serve = () => new Promise(() => undefined)
  world.advance(60_000)
  await seen(tab, () => states(tab)[0] === 'sending')
  expect(tab.getSnapshot().entries).toMatchObject([
    { attempts: 2, lastError: { kind: 'no_answer' } },
  ])
  tab.close()

  world.serve = async () => refused('never')
  const next = world.open()
  await seen(next, needsPerson)
  const refusal = { attempts: 2, lastError: { kind: 'refused', refusal: { retry: 'never' } } }
  expect(next.getSnapshot().entries).toMatchObject([refusal])

  next.close()
  await next.retry('key of milk')
  await soon(next, () => states(next)[0] === 'queued')
  expect(next.getSnapshot().entries).toMatchObject([refusal])
})

test('an entry that was never sent shows no attempts and no error', async () => {
  await using world = createWorld()
  const tab = world.open()
  tab.close()
  await tab.add(words('milk')).written
  expect(tab.getSnapshot().entries).toMatchObject([{ attempts: 0, lastError: undefined }])
})

test('discarding keeps the attempts and the last error', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  tab.close()
  await tab.discard('key of milk')
  await soon(tab, () => states(tab)[0] === 'queued')
  expect(tab.getSnapshot().entries).toMatchObject([
    { isDiscarding: true, attempts: 1, lastError: { kind: 'no_answer' } },
  ])
})

test('an answered operation is in the history with its attempts, in every tab and after a reload', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const locks = createLocks()
  const tab = world.open({ locks })
  const other = world.open({ locks })
  await tab.add(words('milk')).written
  for (const attempts of [1, 2]) {
    for (const each of [tab, other]) {
      await seen(each, (now) => isWaiting(now) && now.entries[0]?.attempts === attempts)
      await quiet(each)
    }
    if (attempts === 2) world.serve = async () => answered(7)
    world.advance(60_000)
  }
  const { settled } = await allSettled(tab)
  expect(settled).toHaveLength(1)
  expect(settled).toMatchObject([
    {
      id: 'key of milk',
      key: 'key of milk',
      orderingKey: 'milk',
      intent: { text: 'milk' },
      answer: { version: 7 },
      attempts: 3,
      settledAt: world.now(),
      wasDiscarded: false,
    },
  ])
  await soon(other, (snapshot) => snapshot.settled.length === 1)
  tab.close()
  const reloaded = world.open()
  await seen(reloaded, ({ ready }) => ready)
  expect(reloaded.getSnapshot().settled).toEqual(settled)
})

test('an operation leaves the entries and enters the history in one step', async () => {
  await using world = createWorld()
  let answer = (_: Reply) => {}
  world.serve = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const locks = createLocks()
  const tabs = [world.open({ locks }), world.open({ locks })] as const
  await tabs[0].add(words('milk')).written
  const places: string[] = []
  for (const tab of tabs) {
    await seen(tab, ({ entries }) => entries.length === 1)
    tab.subscribe(() => {
      const { entries, settled } = tab.getSnapshot()
      places.push(`${entries.length} pending, ${settled.length} settled`)
    })
  }
  await expect.poll(() => world.attempts.length).toBe(1)
  answer(answered(1))
  for (const tab of tabs) await soon(tab, ({ settled }) => settled.length === 1)
  expect(new Set(places)).toEqual(new Set(['1 pending, 0 settled', '0 pending, 1 settled']))
})

test('an operation that took effect before it was discarded is marked in the history', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = async () => ({ state: 'answered', answer: { version: 3 } })
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await tab.discard('key of milk')
  expect((await allSettled(tab)).settled).toMatchObject([{ wasDiscarded: true }])
})

test('a discarded operation without an effect is not in the history', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await tab.discard('key of milk')
  expect((await allSettled(tab)).settled).toEqual([])
})

test('the history holds the last 50 operations of the last 24 hours', async () => {
  await using world = createWorld()
  const tab = world.open()
  for (let count = 1; count <= 52; count += 1) {
    await tab.add(words(`todo ${count}`)).written
    await allSettled(tab)
  }
  const { settled } = tab.getSnapshot()
  expect(settled).toHaveLength(50)
  expect(settled.at(0)?.id).toBe('key of todo 3')
  expect(settled.at(-1)?.id).toBe('key of todo 52')

  world.advance(dayMs - 1)
  expect((await seen(world.open(), ({ ready }) => ready)).settled).toHaveLength(50)
  world.advance(1)
  expect((await seen(world.open(), ({ ready }) => ready)).settled).toEqual([])
})

test('the history of one account is not shown to another', async () => {
  await using world = createWorld()
  const ann = world.open({}, { account: 'ann' })
  await ann.add(words('milk')).written
  expect((await allSettled(ann)).settled).toHaveLength(1)
  ann.close()
  const bob = world.open({}, { account: 'bob' })
  expect((await seen(bob, ({ ready }) => ready)).settled).toEqual([])
})

test('an operation that this release cannot read is left out of the history', async () => {
  await using world = createWorld()
  const tab = world.open()
  await tab.add(words('milk')).written
  await allSettled(tab)
  const { settled } = tab.getSnapshot()
  await tab.writeNote('outbox settled', [null, 7, { id: 'x' }, ...settled])
  const older = world.open({}, { accepts: () => false })
  expect((await seen(older, ({ ready }) => ready)).settled).toEqual([])
})
