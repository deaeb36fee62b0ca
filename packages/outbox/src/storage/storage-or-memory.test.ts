import { expect, test } from 'vitest'
import { createWorld } from '../test-world.ts'
import { openIndexedStorage } from './indexed-storage.ts'
import { append, discarded, ended, readList, settled } from './list-notes.ts'
import { createStorageOrMemory } from './storage-or-memory.ts'

test('operations that ended in memory are known after the storage is back', async () => {
  await using world = createWorld()
  let isBroken = true
  const platform = {
    ...world.platform(),
    open: (name: string) =>
      isBroken ? Promise.reject(new Error('blocked')) : openIndexedStorage(name),
  }
  const device = await openIndexedStorage(world.name)
  await device.write((tables) => append(tables, ended, 'earlier'))
  const storage = createStorageOrMemory(world.name, platform, () => undefined)
  for (const list of [ended, discarded, settled]) {
    await storage.write((tables) => append(tables, list, `${list.name} in memory`))
  }
  expect(storage.durable).toBe(false)

  isBroken = false
  world.advance(30_000)
  const lists = await storage.read((tables) =>
    Promise.all([ended, discarded, settled].map((list) => readList(tables, list))),
  )
  expect(storage.durable).toBe(true)
  expect(lists).toEqual([
    ['earlier', 'outbox ended in memory'],
    ['outbox discarded in memory'],
    ['outbox settled in memory'],
  ])
})
