import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { browserPlatform } from '../platform.ts'
import { openIndexedStorage } from './indexed-storage.ts'
import { createMemoryStorage } from './memory-storage.ts'
import type { Row } from './rows.ts'
import { createStorageOrMemory } from './storage-or-memory.ts'

const kinds = {
  'on the device': () => openIndexedStorage(`storage-${crypto.randomUUID()}`),
  'in memory': async () => createMemoryStorage(),
}

test.each(Object.entries(kinds))(
  '%s, a transaction that throws leaves nothing behind',
  async (_, open) => {
    const storage = await open()
    await storage.write((tables) => tables.put('entries', entry('milk')))
    const failing = storage.write(async (tables) => {
      await tables.put('entries', entry('bread'))
      await tables.delete('entries', { ...entry('milk'), seq: 1 })
      await tables.putNote('draft', 'b')
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    const left = await storage.read((tables) =>
      Promise.all([tables.all('entries'), tables.note('draft')]),
    )
    expect(left).toMatchObject([[{ id: 'milk' }], undefined])
  },
)

test.each(Object.entries(kinds))(
  '%s, order is that of adding and the head is the earliest',
  async (_, open) => {
    const storage = await open()
    for (const id of ['b', 'a', 'c']) {
      await storage.write((tables) =>
        tables.put('entries', entry(id, id === 'b' ? 'other' : 'same')),
      )
    }
    const [all, [head], [none]] = await storage.read((tables) =>
      Promise.all([
        tables.all('entries'),
        tables.rowsOf('entries', 'same', 1),
        tables.rowsOf('entries', 'nothing', 1),
      ]),
    )
    expect(all.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
    expect(head?.id).toBe('a')
    expect(none).toBeUndefined()
  },
)

test('a write is on the disk, not in a cache, before it counts', async () => {
  const storage = await openIndexedStorage('strict')
  const asked: unknown[] = []
  const { transaction } = IDBDatabase.prototype
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    if (mode === 'readwrite') asked.push(options?.durability)
    return transaction.call(this, names, mode, options)
  }
  await storage.write((tables) => tables.putNote('draft', 'milk'))
  IDBDatabase.prototype.transaction = transaction
  expect(asked).toEqual(['strict'])
})

test('a newer page and clearing the site do not wait for this page, which opens the storage again when needed', async () => {
  let losses = 0
  const storage = createStorageOrMemory('blocking', browserPlatform(), () => {
    losses += 1
  })
  await storage.write((tables) => tables.putNote('draft', 'milk'))
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('blocking')
    request.onsuccess = resolve
    request.onerror = reject
  })
  expect(losses).toBeGreaterThan(0)
  expect(await storage.read((tables) => tables.note('draft'))).toBeUndefined()
  expect(storage.durable).toBe(true)
})

function entry(id: string, orderingKey = id): Row {
  return { id, orderingKey }
}
