import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import { allSettled, answered, createWorld, isWaiting, quiet, seen, words } from './test-world.ts'

/** Like "clear site data": the database is gone, and open connections are closed. */
function clearSite({ name }: { name: string }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`idem-outbox-${name}`)
    request.onsuccess = resolve
    request.onerror = reject
  })
}

async function stored({ name }: { name: string }) {
  const disk = await openIndexedStorage(`idem-outbox-${name}`)
  return disk.read((tables) => tables.all('entries'))
}

test('entries in memory are written back when the storage is cleared under an open page', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const tab = world.open()
  await tab.add(words('milk')).written
  await tab.add(words('drop', 'milk')).written
  await seen(tab, isWaiting)
  await quiet(tab)
  await clearSite(world)
  await expect
    .poll(() => stored(world))
    .toMatchObject([{ id: 'key of milk', body: '{"text":"milk"}' }, { id: 'key of drop' }])
  await quiet(tab)
  expect(tab.getSnapshot()).toMatchObject({ durable: true, entries: [{}, {}] })

  world.serve = async () => answered(7)
  world.advance(60_000)
  await allSettled(tab)
  expect(world.attempts.map(({ key, body }) => `${key} ${body}`)).toEqual([
    'key of milk {"text":"milk"}',
    'key of milk {"text":"milk"}',
    'key of drop {"text":"drop","version":7}',
  ])
})

test('until it is written back, the snapshot is not durable', async () => {
  await using world = createWorld()
  let isFull = false
  world.serve = () => Promise.reject(new Error('no network'))
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        write: (work) =>
          isFull
            ? Promise.reject(new DOMException('no room', 'QuotaExceededError'))
            : storage.write(work),
      }
    },
  })
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await quiet(tab)
  isFull = true
  await clearSite(world)
  const lost = await seen(tab, ({ durable }) => !durable)
  expect(lost.entries).toHaveLength(1)
  isFull = false
  world.advance(5_000)
  await seen(tab, ({ durable }) => durable)
  expect(await stored(world)).toHaveLength(1)
})

test('an answer after the storage was cleared ends the intent, which is sent once more under its key', async () => {
  await using world = createWorld()
  let answer = () => {}
  world.serve = () =>
    new Promise((resolve) => {
      answer = () => resolve(answered(1))
    })
  const tab = world.open()
  await tab.add(words('milk')).written
  await expect.poll(() => world.attempts.length).toBe(1)
  await clearSite(world)
  await expect.poll(() => stored(world)).toHaveLength(1)
  world.serve = async () => answered(1)
  answer()
  await allSettled(tab)
  expect(new Set(world.attempts.map(({ key, body }) => `${key} ${body}`))).toHaveLength(1)
})

test('each of two tabs writes back its entries, and a discarded entry stays discarded', async () => {
  await using world = createWorld()
  world.serve = () => new Promise(() => undefined)
  const [one, two] = [world.open(), world.open()]
  for (const text of 'abcd') await one.add(words(text)).written
  await one.add(words('milk')).written
  await seen(two, ({ entries }) => entries.length === 5)
  await quiet(two)
  await clearSite(world)
  expect(await one.discard('key of milk')).toBe(true)
  await expect.poll(async () => (await stored(world)).length).toBe(4)
  for (const tab of [one, two]) await quiet(tab)
  expect(await stored(world)).toHaveLength(4)
})
