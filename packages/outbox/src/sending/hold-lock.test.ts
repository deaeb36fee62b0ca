import { expect, test } from 'vitest'
import { createLocks, createWorld } from '../test-world.ts'
import { holdLock } from './hold-lock.ts'

test('work under one name never runs at once', async () => {
  const world = createWorld()
  const platform = { ...world.platform(), locks: createLocks() }
  const steps: string[] = []
  const first = Promise.withResolvers<void>()

  const one = holdLock('milk', platform, async () => {
    steps.push('one begins')
    await first.promise
    steps.push('one ends')
  })
  const two = holdLock('milk', platform, async () => void steps.push('two'))
  await holdLock('bread', platform, async () => void steps.push('other'))
  first.resolve()
  await Promise.all([one, two])
  expect(steps).toEqual(['one begins', 'other', 'one ends', 'two'])
})

test('a lock that is not released delays work for 15 s and is then ignored', async () => {
  const world = createWorld()
  const platform = { ...world.platform(), locks: createLocks() }
  void holdLock('milk', platform, () => new Promise(() => undefined))
  let done = false
  const waiting = holdLock('milk', platform, async () => {
    done = true
  })
  world.advance(14_999)
  await Promise.resolve()
  expect(done).toBe(false)
  world.advance(1)
  await waiting
  expect(done).toBe(true)
})

test('work that fails under the lock is not repeated', async () => {
  const world = createWorld()
  let times = 0
  const failing = holdLock('milk', { ...world.platform(), locks: createLocks() }, async () => {
    times += 1
    throw new Error('no storage')
  })
  await expect(failing).rejects.toThrow('no storage')
  expect(times).toBe(1)
})

test('without locks the work runs', async () => {
  const world = createWorld()
  let done = false
  await holdLock('milk', world.platform(), async () => {
    done = true
  })
  expect(done).toBe(true)
})
