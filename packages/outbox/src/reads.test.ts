import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Storage, Tables } from './storage/storage.ts'
import { allSettled, answered, createWorld, seen, states, words } from './test-world.ts'

/** Storage that counts the rows it returns: the browser clones each of them. */
function countingStorage() {
  const counted = {
    rows: 0,
    async open(name: string, onLost: () => void): Promise<Storage> {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        read: (work) => storage.read((tables) => work(counting(tables))),
        write: (work) => storage.write((tables) => work(counting(tables))),
      }
    },
  }
  const one = <Value>(row: Value) => {
    counted.rows += 1
    return row
  }
  const many = <Value>(rows: Value[]) => {
    counted.rows += rows.length
    return rows
  }
  const counting = (tables: Tables): Tables => ({
    ...tables,
    all: (store) => tables.all(store).then(many),
    rowsOf: (...which) => tables.rowsOf(...which).then(many),
    entry: (id) => tables.entry(id).then(one),
  })
  return counted
}

test.each([50, 200])(
  'with %i entries each delivery reads the rows of its own ordering key, not all that wait',
  async (count) => {
    await using world = createWorld()
    world.serve = () => new Promise(() => undefined)
    const before = world.open()
    for (let at = 0; at < count; at += 1) await before.add(words(`todo ${at}`)).written
    before.close()

    const storage = countingStorage()
    world.serve = async () => answered(1)
    const tab = world.open(storage)
    await allSettled(tab)
    expect(tab.getSnapshot().outcomes).toHaveLength(count)
    // All rows once at the start, and about ten per delivery: its head, its outcome, and its changes.
    expect(storage.rows / count).toBeLessThan(15)
  },
)

test('another tab reads only the changes, too', async () => {
  await using world = createWorld()
  world.serve = () => Promise.reject(new Error('no network'))
  const one = world.open()
  for (let at = 0; at < 40; at += 1) await one.add(words(`todo ${at}`)).written
  await seen(one, () => states(one).every((state) => state === 'waiting'))
  const storage = countingStorage()
  const two = world.open(storage)
  await seen(two, ({ ready }) => ready)
  await seen(two, () => states(two).every((state) => state === 'waiting'))
  storage.rows = 0
  for (let at = 0; at < 10; at += 1) {
    await one.add(words(`more ${at}`)).written
    await seen(two, ({ entries }) => entries.length === 41 + at)
  }
  expect(storage.rows).toBeLessThan(10 * 15)
})
