import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { createTurns } from './turns.ts'

const longMs = 10_000

/** Work that records its start and ends on request. */
function held(begun: string[] = [], name = '') {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const work = () => {
    begun.push(name)
    return promise
  }
  return { work, end: () => resolve(name), fail: () => reject(new Error(name)) }
}

test('the limit runs at once, and the rest in the order of arrival', async () => {
  const turns = createTurns({ atOnce: 2, waitMs: longMs })
  const begun: string[] = []
  const all = ['a', 'b', 'c', 'd'].map((name) => held(begun, name))
  const done = all.map(({ work }) => turns.run(work))
  expect(begun).toEqual(['a', 'b'])
  expect(turns.waiting()).toBe(2)
  expect(turns.countsOf('')).toEqual({ running: 2, waiting: 2, refused: 0 })
  all[1]?.end()
  await vi.waitUntil(() => begun.length > 2)
  expect(begun).toEqual(['a', 'b', 'c'])
  for (const { end } of all) end()
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd'])
  expect(turns.waiting()).toBe(0)
})

test('work of another name does not wait', async () => {
  const turns = createTurns({ atOnce: 1, waitMs: longMs })
  const { work, end } = held()
  const first = turns.run(work, { name: 'one' })
  expect(await turns.run(async () => 'done', { name: 'other' })).toBe('done')
  end()
  await first
})

test('work is refused at once while nothing of its name ends, and runs again when something has ended', async () => {
  const turns = createTurns({ atOnce: 1, waitMs: longMs, silentMs: 0 })
  const { work, end } = held()
  const first = turns.run(work, { name: 'silent' })
  const begun = performance.now()
  await vi.waitUntil(() => performance.now() > begun)
  const late = turns.run(async () => 'late', { name: 'silent' })
  await expect(late).rejects.toMatchObject({ name: 'NoTurnError' })
  expect(await turns.run(async () => 'done', { name: 'other' })).toBe('done')
  expect(turns.countsOf('silent')).toEqual({ running: 1, waiting: 0, refused: 1 })
  end()
  await first
  expect(await turns.run(async () => 'done', { name: 'silent' })).toBe('done')
  expect(turns.countsOf('silent')).toEqual({ running: 0, waiting: 0, refused: 1 })
})

test('after work that took too long one is tried, and all others are refused until one is quick', async () => {
  const turns = createTurns({ atOnce: 2, waitMs: 20, silentMs: 0 })
  const slow = [held(), held()]
  const ended = slow.map(({ work }) => turns.run(work))
  const begun = performance.now()
  await vi.waitUntil(() => performance.now() - begun > 25)
  for (const { end } of slow) end()
  await Promise.all(ended)
  const tried = held()
  const first = turns.run(tried.work)
  const refused = turns.run(async () => 'refused')
  await expect(refused).rejects.toMatchObject({ name: 'NoTurnError' })
  tried.end()
  await first
  const both = [held(), held()]
  const running = both.map(({ work }) => turns.run(work))
  for (const { end } of both) end()
  expect(await Promise.all(running)).toHaveLength(2)
})

test('work that fails ends its turn', async () => {
  const turns = createTurns({ atOnce: 1, waitMs: longMs })
  const { work, fail } = held()
  const failing = turns.run(work)
  const next = turns.run(async () => 'done')
  fail()
  await expect(failing).rejects.toThrow()
  expect(await next).toBe('done')
})

test('work without a turn in time is refused and never called, and the turn is not lost', async () => {
  const turns = createTurns({ atOnce: 1, waitMs: 20 })
  const { work, end } = held()
  const first = turns.run(work)
  const late = vi.fn(async () => 'late')
  await expect(turns.run(late)).rejects.toMatchObject({ name: 'NoTurnError' })
  end()
  await first
  expect(await turns.run(async () => 'done')).toBe('done')
  expect(late).not.toHaveBeenCalled()
})

test('work that leaves time to others rests after each turn, in proportion to its duration', async () => {
  const turns = createTurns({ atOnce: 1, waitMs: longMs, rest: 3 })
  const begun = performance.now()
  await turns.run(() => pause(100))
  await turns.run(async () => undefined)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(390)
})

test('callers get turns one after the other, however much of their work waits', async () => {
  const turns = createTurns({ atOnce: 1, waitMs: longMs })
  const first = held()
  const done: string[] = []
  const run = (name: string, from: string) => turns.run(async () => void done.push(name), { from })
  const all = [turns.run(first.work, { from: 'greedy' })]
  for (const name of ['g1', 'g2', 'g3', 'g4']) all.push(run(name, 'greedy').then(String))
  all.push(run('p1', 'polite').then(String), run('q1', 'another').then(String))
  first.end()
  await Promise.all(all)
  expect(done).toEqual(['g1', 'p1', 'q1', 'g2', 'g3', 'g4'])
})
