import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Storage } from './storage/storage.ts'
import {
  allSettled,
  answered,
  createWorld,
  isWaiting,
  quiet,
  refused,
  seen,
  words,
} from './test-world.ts'

/** Counts the writes of a page. */
function countedStorage() {
  const counts = { writes: 0 }
  async function open(name: string, onLost: () => void): Promise<Storage> {
    const storage = await openIndexedStorage(name, onLost)
    return {
      ...storage,
      write(work) {
        counts.writes += 1
        return storage.write(work)
      },
    }
  }
  return { counts, open }
}

test('an intent without a body is sent as null, and costs no more writes than another', async () => {
  await using world = createWorld()
  world.freeze = () => ({ state: 'frozen', body: undefined })
  const { counts, open } = countedStorage()
  const tab = world.open({ open })
  await tab.add(words('milk')).written
  await expect.poll(() => world.attempts.map(({ body }) => body)).toEqual(['null'])
  await allSettled(tab)
  // Added, frozen, answered.
  expect(counts.writes).toBe(3)
})

test('a stored wait that is not a number is over, and causes no endless loop', async () => {
  await using world = createWorld()
  world.serve = async () => refused('same_key', { retryAfterMs: 5_000 })
  const before = world.open()
  await before.add(words('milk')).written
  await seen(before, isWaiting)
  await quiet(before)
  before.close()
  const disk = await openIndexedStorage(`idem-outbox-${world.name}`)
  await disk.write(async (tables) => {
    const [row] = await tables.all('entries')
    if (row !== undefined) {
      await tables.put('entries', { ...row, status: { ...Object(row.status), retryAt: 'soon' } })
    }
  })
  world.serve = async () => answered(1)
  await allSettled(world.open())
  expect(world.attempts).toHaveLength(2)
})
