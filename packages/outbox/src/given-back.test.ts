import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import { allSettled, createWorld, quiet, seen, states, words } from './test-world.ts'

/** A page on a storage that commits, but while it is not well neither confirms writes nor can be read. */
async function pageOnFailingStorage(world: ReturnType<typeof createWorld>) {
  const disk = { isWell: true }
  const lost = new DOMException('connection lost', 'UnknownError')
  const tab = world.open({
    async open(name, onLost) {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        async read(work) {
          if (!disk.isWell) throw lost
          return storage.read(work)
        },
        async write(work) {
          const result = await storage.write(work)
          if (!disk.isWell) throw lost
          return result
        },
      }
    },
  })
  await seen(tab, ({ ready }) => ready)

  async function giveBack(text: string): Promise<void> {
    disk.isWell = false
    const { written } = tab.add(words(text))
    let isOver = false
    written.catch(() => {
      isOver = true
    })
    for (; !isOver; world.advance(1_000)) await new Promise(setImmediate)
    await expect(written).rejects.toThrow('could not be stored')
    disk.isWell = true
  }
  return { tab, giveBack }
}

async function stored({ name }: { name: string }) {
  const disk = await openIndexedStorage(`idem-outbox-${name}`)
  return disk.read((tables) => tables.all('entries'))
}

test('an intent that was given back although it was written is not sent when the storage is back', async () => {
  await using world = createWorld()
  const { tab, giveBack } = await pageOnFailingStorage(world)
  await giveBack('milk')
  expect(await stored(world)).toHaveLength(1)
  // Behind the first one, if that were sent.
  await tab.add({ ...words('milk'), key: 'another key of milk' }).written
  await allSettled(tab)
  expect(world.attempts.map(({ key }) => key)).toEqual(['another key of milk'])
  expect(await stored(world)).toEqual([])
})

test('an intent that was given back may be added again under its key', async () => {
  await using world = createWorld()
  const { tab, giveBack } = await pageOnFailingStorage(world)
  await giveBack('milk')
  world.wake()
  await expect.poll(() => stored(world)).toEqual([])
  await quiet(tab)
  expect([states(tab), world.attempts]).toEqual([[], []])
  await giveBack('milk')
  await tab.add(words('milk')).written
  await allSettled(tab)
  expect(world.attempts.map(({ key }) => key)).toEqual(['key of milk'])
})
