import { expect, test } from 'vitest'
import { createBoard } from './board.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { createMirror } from './mirror.ts'
import { createStore } from './store.ts'
import { createWorld } from './test-world.ts'

test('a change during a reading is read as well, and a burst of changes is one reading', async () => {
  const memory = createMemoryStorage()
  const gates: (() => void)[] = []
  const slow = createStore({
    ...memory,
    read: async (work) => {
      await new Promise<void>((resolve) => gates.push(resolve))
      return memory.read(work)
    },
  })
  const surroundings = createWorld().surroundings()
  const mirror = createMirror({ store: slow, board: createBoard(), surroundings, onRead() {} })

  const first = mirror.refresh()
  const burst = [mirror.refresh(), mirror.refresh(), mirror.refresh()]
  gates[0]?.()
  await expect.poll(() => gates.length).toBe(2)
  gates[1]?.()
  await Promise.all([first, ...burst])
  expect(gates).toHaveLength(2)
})

test('when reading fails it is tried again, and what is on the board stays', async () => {
  const memory = createMemoryStorage()
  let broken = true
  const store = createStore({
    ...memory,
    read: (work) => (broken ? Promise.reject(new Error('no storage')) : memory.read(work)),
  })
  const world = createWorld()
  const board = createBoard()
  const mirror = createMirror({ store, board, surroundings: world.surroundings(), onRead() {} })
  mirror.refreshSoon()
  await expect(mirror.refresh()).rejects.toThrow('no storage')
  expect(board.getSnapshot().ready).toBe(false)

  broken = false
  await Promise.resolve()
  world.advance(5_000)
  await expect.poll(() => board.getSnapshot().ready).toBe(true)
})
