import { expect, test } from 'vitest'
import { createMemoryStorage } from '../storage/memory-storage.ts'
import { createStore } from '../storage/store.ts'
import { anyReader, createWorld } from '../test-world.ts'
import { createSnapshotStore } from './snapshot-store.ts'
import { createSnapshotSync } from './snapshot-sync.ts'

test('a change during a reading is read as well, and a burst of changes is one reading', async () => {
  const memory = createMemoryStorage()
  const gates: (() => void)[] = []
  const slow = createStore(
    {
      ...memory,
      read: async (work) => {
        await new Promise<void>((resolve) => gates.push(resolve))
        return memory.read(work)
      },
    },
    anyReader,
  )
  const platform = createWorld().platform()
  const sync = createSnapshotSync({
    store: slow,
    snapshots: createSnapshotStore(),
    platform,
    onRead() {},
  })

  const first = sync.refresh()
  const burst = [sync.refresh(), sync.refresh(), sync.refresh()]
  gates[0]?.()
  await expect.poll(() => gates.length).toBe(2)
  gates[1]?.()
  await Promise.all([first, ...burst])
  expect(gates).toHaveLength(2)
})

test('a failed reading is repeated, and the snapshot keeps its entries', async () => {
  const memory = createMemoryStorage()
  let broken = true
  const store = createStore(
    {
      ...memory,
      read: (work) => (broken ? Promise.reject(new Error('no storage')) : memory.read(work)),
    },
    anyReader,
  )
  const world = createWorld()
  const snapshots = createSnapshotStore()
  const sync = createSnapshotSync({ store, snapshots, platform: world.platform(), onRead() {} })
  sync.refreshSoon()
  await expect(sync.refresh()).rejects.toThrow('no storage')
  expect(snapshots.getSnapshot().ready).toBe(false)

  broken = false
  await Promise.resolve()
  world.advance(5_000)
  await expect.poll(() => snapshots.getSnapshot().ready).toBe(true)
})
