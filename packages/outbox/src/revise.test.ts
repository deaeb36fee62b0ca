import { expect, test } from 'vitest'
import { answered, createLocks, createWorld, refused, seen, words } from './test-world.ts'

const changedElsewhere = refused('ask_person', { code: 'changed' })

/** A server on which others have changed everything before these attempts arrive. */
function worldWith(conflicts: number) {
  const world = createWorld()
  world.serve = async () => (world.attempts.length <= conflicts ? changedElsewhere : answered(9))
  return world
}

const again = {
  revise: ({ key }: { readonly key: string }) => ({ key: `${key}+`, body: { revised: key } }),
}

test('a refused intent goes on under another key with another body, and is answered once', async () => {
  await using world = worldWith(1)
  const tab = world.open({}, again)
  const { answer } = tab.add(words('milk'))
  expect(await answer).toEqual({ version: 9 })
  expect(world.attempts).toMatchObject([
    { key: 'key of milk', isUnknown: false },
    { key: 'key of milk+', body: '{"revised":"key of milk"}', isUnknown: false },
  ])
})

test('after five revisions of one intent a person is asked', async () => {
  await using world = worldWith(9)
  const tab = world.open({}, again)
  tab.add(words('milk'))
  await seen(tab, ({ entries }) => entries[0]?.status.state === 'needs_person')
  expect(world.attempts).toHaveLength(6)
})

test('two tabs that receive one refusal revise it once', async () => {
  await using world = worldWith(2)
  const tab = world.open({}, again)
  void world.open({}, again)
  await tab.add(words('milk')).written
  await seen(tab, ({ entries }) => entries.length === 0)
  expect(new Set(world.attempts.map(({ key }) => key))).toEqual(
    new Set(['key of milk', 'key of milk+']),
  )
})

test('a revision that ends the intent removes it, with the answer that the app has given', async () => {
  await using world = worldWith(1)
  const tab = world.open({ locks: createLocks() }, { revise: () => ({ answer: { version: 3 } }) })
  expect(await tab.add(words('milk')).answer).toEqual({ version: 3 })
  expect(world.attempts).toHaveLength(1)
})

test('an intent that a person discards while it is refused is not revised', async () => {
  await using world = createWorld()
  const arrived = Promise.withResolvers<void>()
  const refusing = Promise.withResolvers<typeof changedElsewhere>()
  world.serve = () => {
    arrived.resolve()
    return refusing.promise
  }
  const tab = world.open({}, again)
  tab.add(words('milk'))
  await arrived.promise
  await tab.discard('key of milk')
  refusing.resolve(changedElsewhere)
  await seen(tab, ({ entries }) => entries.length === 0)
  expect(world.attempts.map(({ key }) => key)).toEqual(['key of milk'])
  expect(world.cancels.map(({ key }) => key)).toEqual(['key of milk'])
})

test('two tabs change a note one after the other, and neither write is lost', async () => {
  await using world = createWorld()
  const tabs = [world.open(), world.open()]
  const add = (value: unknown) => Number(value ?? 0) + 1
  await Promise.all([...tabs, ...tabs].map((tab) => tab.changeNote('count', add)))
  expect(await tabs[0]?.readNote('count')).toBe(4)
})

test('an entry is taken back only if it was never sent and nothing waits behind it', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const tab = world.open()
  await tab.add(words('first', 'list')).written
  await tab.add(words('second', 'list')).written
  await tab.add(words('third', 'list')).written
  await seen(tab, ({ entries }) => entries[0]?.status.state === 'sending')
  expect(await tab.takeBack('key of first')).toBe(false)
  expect(await tab.takeBack('key of second')).toBe(false)
  expect(await tab.takeBack('key of third')).toBe(true)
  expect(await tab.takeBack('key of third')).toBe(false)
  await seen(tab, ({ entries }) => entries.length === 2)
})
