import { expect, test } from 'vitest'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Storage } from './storage/storage.ts'
import {
  allSettled,
  answered,
  createWorld,
  isWaiting,
  quiet,
  seen,
  states,
  words,
} from './test-world.ts'

/** A device whose disk is full while `isFull`; reading works. */
function fillableDisk() {
  const disk = {
    isFull: false,
    async open(name: string, onLost: () => void): Promise<Storage> {
      const storage = await openIndexedStorage(name, onLost)
      return {
        ...storage,
        write: (work) =>
          disk.isFull
            ? Promise.reject(new DOMException('no room', 'QuotaExceededError'))
            : storage.write(work),
      }
    },
  }
  return disk
}

test('on a full disk a frozen entry is sent again, and the full disk is shown as its error', async () => {
  await using world = createWorld()
  const disk = fillableDisk()
  world.serve = () => Promise.reject(new Error('no network'))
  const tab = world.open(disk)
  await tab.add(words('milk')).written
  await seen(tab, isWaiting)
  await quiet(tab)
  disk.isFull = true
  world.serve = async () => answered(1)
  world.advance(60_000)
  const snapshot = await seen(
    tab,
    ({ entries: [entry] }) =>
      entry?.status.state === 'waiting' && entry.lastError?.kind === 'storage',
  )
  expect(world.attempts).toHaveLength(2)
  expect(snapshot.entries[0]).toMatchObject({
    lastError: { kind: 'storage', isFull: true },
  })

  disk.isFull = false
  world.advance(60_000)
  await allSettled(tab)
  expect(new Set(world.attempts.map(({ key, body }) => `${key} ${body}`))).toHaveLength(1)
})

test('a page loaded while the disk is full sends the entries of earlier pages again', async () => {
  await using world = createWorld()
  const disk = fillableDisk()
  world.serve = () => Promise.reject(new Error('no network'))
  const before = world.open(disk)
  await before.add(words('milk')).written
  await seen(before, isWaiting)
  before.close()
  disk.isFull = true
  world.serve = async () => answered(1)
  const after = world.open(disk)
  await expect.poll(() => world.attempts.length).toBe(2)
  disk.isFull = false
  await seen(after, isWaiting)
  world.advance(60_000)
  await allSettled(after)
})

test('with a full disk an unsent entry waits, shows why, and is tried less and less often', async () => {
  await using world = createWorld()
  const disk = fillableDisk()
  world.serve = () => new Promise(() => undefined)
  const before = world.open(disk)
  for (const text of 'abcd') await before.add(words(text)).written
  await before.add(words('milk')).written
  await quiet(before)
  before.close()

  disk.isFull = true
  let writes = 0
  const tab = world.open({
    async open(name, onLost) {
      const storage = await disk.open(name, onLost)
      const write: Storage['write'] = (work) => {
        writes += 1
        return storage.write(work)
      }
      return { ...storage, write }
    },
  })
  world.serve = () => Promise.reject(new Error('no network'))
  const isStorage = () =>
    tab
      .getSnapshot()
      .entries.every(
        ({ status, lastError }) => status.state === 'waiting' && lastError?.kind === 'storage',
      )
  await seen(tab, ({ ready, entries }) => ready && entries.length === 5 && isStorage())
  const first = writes
  for (let step = 0; step < 24; step += 1) {
    world.advance(5_000)
    await quiet(tab)
  }
  // Each of five entries is tried after 5 s, 10 s, 20 s and 40 s, and once more with a lucky jitter.
  expect(writes - first).toBeLessThanOrEqual(25)
  expect(writes - first).toBeGreaterThanOrEqual(5)
  expect(world.attempts.map(({ intent }) => intent.text)).not.toContain('milk')

  disk.isFull = false
  world.serve = async () => answered(1)
  while (states(tab).length > 0) {
    await seen(tab, () => !states(tab).includes('sending'))
    world.advance(60_000)
    for (let round = 0; round < 5; round += 1) await quiet(tab)
  }
})

test('an intent that a full disk rejects is returned with an error about the space', async () => {
  await using world = createWorld()
  const disk = fillableDisk()
  disk.isFull = true
  const tab = world.open(disk)
  await expect(tab.add(words('milk')).written).rejects.toMatchObject({
    name: 'NotWrittenError',
    isFull: true,
  })
  expect(states(tab)).toEqual([])
})
