import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import { answered, createWorld, isEmpty, isWaiting, quiet, soon, words } from './test-world.ts'

const noNetwork = () => Promise.reject(new Error('no network'))
const isOnDevice = ({ durable }: { durable: boolean }) => durable
const isInMemory = ({ ready, durable }: { ready: boolean; durable: boolean }) => ready && !durable

/** The database is deleted under a page of the origin that does not close its connection for that. */
async function deleteUnderForeignPage({ name }: { name: string }) {
  const foreign = await connect(`idem-outbox-${name}`)
  indexedDB.deleteDatabase(`idem-outbox-${name}`)
  await new Promise<void>((resolve) => {
    foreign.onversionchange = () => resolve()
  })
  return { leave: () => foreign.close() }
}

function connect(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
}

/** The browser closes the connection of a page, and opens no other one while `isBlocked`. */
function unsteadyDevice() {
  const blocked: (() => void)[] = []
  const device = {
    isBlocked: false,
    lose: () => {},
    async open(name: string, onLost: () => void) {
      if (device.isBlocked) await new Promise<void>((resolve) => blocked.push(resolve))
      device.lose = onLost
      return openIndexedStorage(name, onLost)
    },
    block() {
      device.isBlocked = true
      device.lose()
    },
    free() {
      device.isBlocked = false
      for (const resolve of blocked.splice(0)) resolve()
    },
  }
  return device
}

async function stored({ name }: { name: string }) {
  const disk = await openIndexedStorage(`idem-outbox-${name}`)
  return disk.read((tables) => tables.all('entries'))
}

test('an entry that is added while a foreign page holds the deleted database is sent from memory after 5 s', async () => {
  await using world = createWorld()
  const tab = world.open()
  await soon(tab, isOnDevice)
  const foreign = await deleteUnderForeignPage(world)
  const { answer, written } = tab.add(words('milk'))
  await settled()
  world.advance(5_000)
  await soon(tab, isInMemory)
  await written
  expect(await answer).toEqual({ version: 1 })
  foreign.leave()
})

test('a database that the browser refuses to open again right after it closed it is opened a second later', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const device = unsteadyDevice()
  let refusals = 0
  const tab = world.open({
    open: (name, onLost) =>
      refusals-- > 0
        ? Promise.reject(new DOMException('The connection was closed.', 'AbortError'))
        : device.open(name, onLost),
  })
  await soon(tab, isOnDevice)
  refusals = 2
  device.lose()
  await soon(tab, isInMemory)
  await tab.add(words('milk')).written
  for (const _ of ['refused', 'opened']) {
    world.advance(1_000)
    await settled()
  }
  await soon(tab, isOnDevice)
  await quiet(tab)
  expect(await stored(world)).toMatchObject([{ key: 'key of milk' }])
})

test('when the database can be opened again, the entries in memory are stored at once', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const tab = world.open()
  await tab.add(words('milk')).written
  await soon(tab, isWaiting)
  const foreign = await deleteUnderForeignPage(world)
  const { written } = tab.add(words('change', 'milk'))
  await settled()
  world.advance(5_000)
  await soon(tab, isInMemory)
  await written
  foreign.leave()
  await soon(tab, isOnDevice)
  expect(await stored(world)).toMatchObject([
    { id: 'key of milk', body: '{"text":"milk"}' },
    { id: 'key of change' },
  ])
  // Each in its turn, as it was added.
  world.serve = async () => answered(1)
  tab.retryNow()
  await soon(tab, isEmpty)
  expect(world.attempts.at(-1)?.intent.text).toBe('change')
})

test('an entry that was answered in memory is not sent again from the storage that is back', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const device = unsteadyDevice()
  const tab = world.open(device)
  const { answer, written } = tab.add(words('milk'))
  await written
  await soon(tab, isWaiting)
  device.block()
  await settled()
  world.serve = async () => answered(3)
  world.advance(5_000)
  await soon(tab, isInMemory)
  tab.retryNow()
  expect(await answer).toEqual({ version: 3 })
  const sent = world.attempts.length
  device.free()
  await soon(tab, isOnDevice)
  await quiet(tab)
  expect(await stored(world)).toEqual([])
  expect(tab.getSnapshot().outcomes).toMatchObject([{ answer: { version: 3 } }])
  expect(world.attempts).toHaveLength(sent)
})

test('an entry that was discarded in memory stays discarded when the storage is back', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  world.cancel = noNetwork
  const device = unsteadyDevice()
  const tab = world.open(device)
  await tab.add(words('milk')).written
  await tab.add(words('drop', 'milk')).written
  await soon(tab, isWaiting)
  device.block()
  await settled()
  world.advance(5_000)
  await soon(tab, isInMemory)
  // The first may have arrived, so its key is cancelled; the second was never sent.
  await tab.discard('key of drop')
  await tab.discard('key of milk')
  device.free()
  await soon(tab, isOnDevice)
  await quiet(tab)
  expect(await stored(world)).toMatchObject([{ id: 'key of milk', isDiscarding: true }])
  const sent = world.attempts.length
  world.cancel = async () => ({ state: 'cancelled' })
  tab.retryNow()
  await soon(tab, isEmpty)
  expect(world.attempts).toHaveLength(sent)
})

test('a restore of the server is noticed in memory too', async () => {
  await using world = createWorld()
  world.serve = noNetwork
  const device = unsteadyDevice()
  const tab = world.open(device)
  await tab.learnEpoch('epoch 1')
  await tab.add(words('milk')).written
  await soon(tab, isWaiting)
  device.block()
  await settled()
  world.advance(5_000)
  await soon(tab, isInMemory)
  await tab.learnEpoch('epoch 2')
  const { entries } = await soon(tab, ({ entries: [entry] }) => entry?.status.state !== 'waiting')
  expect(entries).toMatchObject([{ status: { question: { kind: 'restored' } } }])
})

/** Resolves when all work is done that needs neither time nor the storage. */
async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate)
}
