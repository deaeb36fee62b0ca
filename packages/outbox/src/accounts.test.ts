import { expect, test } from 'vitest'
import {
  allSettled,
  createWorld,
  isWaiting,
  needsPerson,
  quiet,
  seen,
  soon,
  words,
} from './test-world.ts'

const as = (account: string) => ({ account })
const noNetwork = () => Promise.reject(new Error('no network'))

test('an entry of another account is neither sent nor cancelled, and needs a person', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const ann = world.open({}, as('ann'))
  await ann.add(words('milk')).written
  await seen(ann, isWaiting)
  await quiet(ann)
  ann.close()
  const sent = world.attempts.length

  const bob = world.open({}, as('bob'))
  const { entries } = await soon(bob, needsPerson)
  expect(entries).toMatchObject([
    { status: { question: { kind: 'other_account', account: 'ann' } } },
  ])
  await bob.retry('key of milk')
  await bob.discard('key of milk')
  world.advance(600_000)
  await quiet(bob)
  expect(world.attempts).toHaveLength(sent)
  expect(world.cancels).toEqual([])
  bob.close()

  // Bob discarded it; Ann's page cancels its key.
  await allSettled(world.open({}, as('ann')))
  expect(world.attempts).toHaveLength(sent)
  expect(world.cancels).toMatchObject([{ key: 'key of milk', account: 'ann' }])
})

test('an account that is back sends its own entries, under its name', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const ann = world.open({}, as('ann'))
  await ann.add(words('milk')).written
  await seen(ann, isWaiting)
  ann.close()
  const bob = world.open({}, as('bob'))
  await seen(bob, needsPerson)
  bob.close()
  world.serve = async () => ({ state: 'answered', answer: { version: 1 } })
  await allSettled(world.open({}, as('ann')))
  expect(new Set(world.attempts.map(({ account }) => account))).toEqual(new Set(['ann']))
})

test('a discarded entry that another account never sent is removed', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const ann = world.open({}, as('ann'))
  await ann.add(words('make', 'milk')).written
  await ann.add(words('drop', 'milk')).written
  await quiet(ann)
  ann.close()
  const bob = world.open({}, as('bob'))
  await seen(bob, ({ entries }) => entries.length === 2)
  await bob.discard('key of drop')
  await seen(bob, ({ entries }) => entries.length === 1)
})

test('the browser is asked to keep the storage at the first entry, once', async () => {
  await using world = createWorld()
  const tab = world.open()
  await seen(tab, ({ ready }) => ready)
  expect(world.persistAsked).toBe(0)
  await tab.add(words('milk')).written
  await tab.add(words('tea')).written
  expect(world.persistAsked).toBe(1)
})

test('answers of one account are not shown to another', async () => {
  await using world = createWorld()
  const ann = world.open({}, { account: 'ann' })
  await ann.add(words('milk')).answer
  expect((await allSettled(ann)).outcomes).toHaveLength(1)
  ann.close()
  const bob = world.open({}, { account: 'bob' })
  expect((await seen(bob, ({ ready }) => ready)).outcomes).toEqual([])
})
