import type { IncomingMessage } from 'node:http'
import { IdempotencyError } from '@idem/idempotency'
import { keptMegabytes } from '@idem/test-support/kept-memory'
import { afterEach, expect, test, vi } from 'vitest'
import { admitBy, createAdmission } from './admission.ts'
import { type RequestClass, requestCost } from './request-class.ts'

const limits = { write: 10, read: 4, search: 1 }

afterEach(() => {
  vi.useRealTimers()
})

function world() {
  const admission = createAdmission(limits)
  return {
    ...admission,
    enter: (caller: string, calls = 1, kind: RequestClass = 'write', body = { complete: true }) =>
      admission.enter({ caller, calls, kind, body }),
    /** How many single calls of one caller are admitted before one is refused. */
    fill(caller: string): number {
      const enter = () =>
        admission.enter({ caller, calls: 1, kind: 'write', body: { complete: true } })
      let count = 0
      while (count < 100 && admitted(enter).length > 0) count += 1
      return count
    },
  }
}

/** The function that gives the room back, or nothing for a refusal. */
function admitted(enter: () => () => void): (() => void)[] {
  try {
    return [enter()]
  } catch (error) {
    if (!(error instanceof IdempotencyError)) throw error
    return []
  }
}

test('a single caller gets all the room of a class, and no more', () => {
  const { fill, inProgress } = world()
  expect(fill('ann')).toBe(10)
  expect(inProgress('write')).toBe(10)
})

test('a refusal advises the same key, after 1 to 3 s that differ', () => {
  const { fill, enter } = world()
  fill('ann')
  const waits = Array.from({ length: 50 }, () => {
    try {
      enter('ann')
    } catch (error) {
      if (!(error instanceof IdempotencyError)) throw error
      expect(error).toMatchObject({ code: 'unavailable', retry: 'same_key' })
      return error.retryAfterMs ?? 0
    }
    throw new Error('The call was admitted.')
  })
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(3_000)
  expect(new Set(waits).size).toBeGreaterThan(10)
})

test('while a class is more than half full, each caller gets its share', () => {
  const { fill } = world()
  // Half of it before another caller comes, and none of the second half.
  expect(fill('ben')).toBe(10)
  const shared = world()
  shared.enter('ben')
  shared.enter('cid')
  expect(shared.fill('ann')).toBe(3)
  expect(shared.fill('ben')).toBe(2)
  expect(shared.fill('cid')).toBe(2)
})

test('room that was given back is used again', () => {
  const { fill, enter } = world()
  const leave = enter('ann', 10)
  expect(fill('ann')).toBe(0)
  leave()
  expect(fill('ben')).toBe(10)
})

test('a caller that holds nothing is admitted beside one that has all the room, as far as the reserve goes', () => {
  const { fill, enter } = world()
  fill('ann')
  const leave = enter('ben')
  expect(fill('ben')).toBe(0)
  enter('cid')
  expect(fill('dan')).toBe(0)
  leave()
  expect(fill('dan')).toBe(1)
})

test('a refused caller finds its share when it comes back, although another one takes what it gives back at once', () => {
  const { enter, inProgress } = world()
  let held = Array.from({ length: 10 }, () => enter('ann'))
  const repeatAll = () => {
    held = held.flatMap((leave) => {
      leave()
      return admitted(() => enter('ann'))
    })
  }
  repeatAll()
  expect(held).toHaveLength(10)
  expect(admitted(() => enter('ben', 5))).toEqual([])
  repeatAll()
  expect(held).toHaveLength(5)
  enter('ben', 5)
  expect(inProgress('write')).toBe(10)
})

test('a refused caller that does not come back for five seconds has no share', () => {
  vi.useFakeTimers()
  const { fill, enter } = world()
  const leave = enter('ann', 10)
  expect(admitted(() => enter('ben', 5))).toEqual([])
  leave()
  vi.advanceTimersByTime(4_999)
  enter('ann', 5)
  expect(fill('ann')).toBe(0)
  vi.advanceTimersByTime(1)
  expect(fill('ann')).toBe(5)
})

test('a request whose body has not come for a second gives its room to others, once', () => {
  vi.useFakeTimers()
  const { enter, fill, inProgress } = world()
  const body = { complete: false }
  const leave = Array.from({ length: 10 }, () => enter('ann', 1, 'write', body))
  vi.advanceTimersByTime(999)
  expect(fill('ann')).toBe(0)
  vi.advanceTimersByTime(1)
  expect(fill('ben')).toBe(10)
  for (const each of leave) each()
  expect(inProgress('write')).toBe(10)
})

test('a request whose body has come keeps its room', () => {
  vi.useFakeTimers()
  const { enter, fill, inProgress } = world()
  enter('ann', 10)
  vi.advanceTimersByTime(60_000)
  expect(fill('ann')).toBe(0)
  expect(inProgress('write')).toBe(10)
})

test('a batch counts all its calls, as far as the share of its caller', () => {
  const { enter, inProgress } = world()
  const leave = enter('ann', 4)
  expect(inProgress('write')).toBe(4)
  leave()
  enter('ann', 20)
  expect(inProgress('write')).toBe(10)
})

test('two callers whose batches are larger than their class are both admitted, and neither twice', () => {
  const { enter } = world()
  enter('ann', 10, 'search')
  expect(admitted(() => enter('ann', 10, 'search'))).toEqual([])
  const leave = enter('ben', 10, 'search')
  expect(admitted(() => enter('ben', 10, 'search'))).toEqual([])
  leave()
  enter('ben', 10, 'search')
})

test.for([
  ['POST', '/api/trpc/createTodo', { kind: 'write', calls: 1 }],
  ['POST', '/api/trpc/createTodo,deleteTodo?batch=1', { kind: 'write', calls: 2 }],
  ['POST', '/api/trpc/createTodo%2CdeleteTodo?batch=1', { kind: 'write', calls: 2 }],
  ['POST', '/api/trpc/createTodo?a=1&%62atch=1', { kind: 'write', calls: 1 }],
  ['POST', '/api/trpc/createTodo,createTodo?%62atch=1', { kind: 'write', calls: 2 }],
  // Without `batch=1` the commas are part of one name.
  ['POST', `/api/trpc/a${',a'.repeat(300)}`, { kind: 'write', calls: 1 }],
  // Refused before its body is read.
  ['POST', `/api/trpc/a${',a'.repeat(300)}?batch=1`, { kind: 'write', calls: 10 }],
  ['GET', '/api/trpc/listTodos?input=%7B%7D', { kind: 'read', calls: 1 }],
  ['GET', '/api/trpc/listTodos?input=%7B%22search%22%3A%22a%22%7D', { kind: 'search', calls: 1 }],
  ['GET', '/api/trpc/policy', undefined],
  ['GET', '/api/trpc/policy,listTodos?batch=1', { kind: 'read', calls: 2 }],
  ['POST', '/todos', { kind: 'write', calls: 1 }],
  ['PUT', '/todos/99', { kind: 'write', calls: 1 }],
  ['DELETE', '/outcomes/k', { kind: 'write', calls: 1 }],
  ['GET', '/todos?search=milk', { kind: 'search', calls: 1 }],
  ['GET', '/todos/99', { kind: 'read', calls: 1 }],
  ['GET', '/todosx', undefined],
  ['GET', '/', undefined],
  ['GET', '/readyz', undefined],
] as const)('%s %s costs %o', ([method, url, cost]) => {
  expect(requestCost({ method, url })).toEqual(cost)
})

test('a request that has left is freed by the next collection of new objects', async () => {
  const admission = createAdmission()
  const kept = await keptMegabytes(async (_, refersTo) => {
    const body = { complete: true, refersTo }
    const leave = admission.enter({ caller: 'ann', calls: 1, kind: 'write', body })
    await new Promise(setImmediate)
    leave()
  })
  expect(kept).toBeLessThan(5)
})

test('a caller that has its share is refused after a second, and one that has nothing at once', async () => {
  vi.useFakeTimers()
  const admission = createAdmission({ write: 2, read: 2, search: 2 })
  const admit = admitBy(admission)
  const request = { method: 'POST', url: '/todos', headers: {}, socket: {} } as IncomingMessage
  const ask = async (from: string) => admit(request, { owner: from, from })
  await Promise.all(['greedy', 'greedy', 'other'].map(ask))

  await expect(ask('newcomer')).rejects.toMatchObject({ code: 'unavailable' })
  let isRefused = false
  const refused = ask('greedy').catch(() => {
    isRefused = true
  })
  await vi.advanceTimersByTimeAsync(900)
  expect(isRefused).toBe(false)
  await vi.advanceTimersByTimeAsync(100)
  await refused
  expect(isRefused).toBe(true)
})
