import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import { allSettled, answered, createWorld, isWaiting, quiet, seen, words } from './test-world.ts'

/** A storage that cannot be opened until it is repaired. */
function brokenStorage() {
  const storage = {
    isBroken: true,
    open: (name: string, onLost: () => void) =>
      storage.isBroken ? Promise.reject(new Error('blocked')) : openIndexedStorage(name, onLost),
  }
  return storage
}

test('an answer arrives although the storage comes back between writing and reading it', async () => {
  await using world = createWorld()
  const storage = brokenStorage()
  const { now, monotonic } = world.platform()
  let passedMs = 0
  let isAnswered = false
  const tab = world.open({
    open: storage.open,
    monotonic: () => monotonic() + passedMs,
    /** Called for the time of the outcome, in the transaction that writes it. */
    now() {
      if (isAnswered) {
        storage.isBroken = false
        passedMs = 30_000
      }
      return now()
    },
  })
  world.serve = async () => {
    isAnswered = true
    return answered(3)
  }
  expect(await tab.add(words('milk')).answer).toEqual({ version: 3 })
  expect(new Set(world.attempts.map(({ key }) => key))).toEqual(new Set(['key of milk']))
  expect((await allSettled(tab)).durable).toBe(true)
})

test('an entry in memory is written to a database when it can be opened', async () => {
  await using world = createWorld()
  const name = `idem-outbox-${world.name}`
  const device = await openIndexedStorage(name)
  const storage = brokenStorage()
  world.serve = () => Promise.reject(new Error('no network'))
  const tab = world.open(storage)
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)

  storage.isBroken = false
  world.advance(30_000)
  await seen(tab, ({ durable }) => durable)
  expect(await device.read((tables) => tables.all('entries'))).toMatchObject([
    { id: 'key of milk', body: '{"text":"milk"}' },
  ])
})

test('a version received without storage is used after the storage is back, not an older one', async () => {
  await using world = createWorld()
  const before = world.open()
  await before.add(words('make', 'milk')).answer
  before.close()

  world.advance(1_000)
  const storage = brokenStorage()
  world.serve = async () => answered(5)
  const tab = world.open(storage)
  await tab.add(words('change', 'milk')).answer
  expect(tab.getSnapshot().durable).toBe(false)

  storage.isBroken = false
  world.advance(30_000)
  tab.retryNow()
  await seen(tab, ({ durable }) => durable)
  await quiet(tab)
  await tab.add(words('drop', 'milk')).answer
  expect(world.attempts.at(-1)?.body).toBe('{"text":"drop","version":5}')
})
