import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { creating } from '../test-entries.ts'
import { testOutbox } from '../test-outbox.ts'
import { signOut } from './sign-out.ts'

const asked: [string, RequestInit | undefined][] = []

beforeEach(() => {
  asked.splice(0)
  vi.stubGlobal('dispatchEvent', () => true)
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    asked.push([url, init])
    return new Response(null, { status: 204 })
  })
})

afterEach(() => vi.unstubAllGlobals())

function page() {
  const { todos, discarded } = testOutbox(creating('a'), creating('b'))
  const written: string[] = []
  let gone = false
  const outbox = {
    ...todos.outbox,
    getSnapshot: () => ({ ...todos.outbox.getSnapshot(), ...(gone && { entries: [] }) }),
    subscribe: () => () => undefined,
    retryNow() {
      gone = true
    },
    writeNote: async (name: string) => void written.push(name),
    forgetOutcomes: async () => undefined,
  }
  // Signing out uses no other member.
  return { todos: { account: 'ann', outbox } as never, discarded, written }
}

test('changes kept at signing out are not discarded, and the list is removed', async () => {
  const { todos, discarded, written } = page()
  expect(await signOut(todos, 'keep')).toBeUndefined()
  expect(discarded).toEqual([])
  expect(written).toEqual(['list', 'deleted', 'undo'])
  const [[url, init] = []] = asked
  expect(url).toBe('api/auth/sign-out')
  expect(new Headers(init?.headers).get('idem-account')).toBe('ann')
})

test('changes are discarded at signing out last first, before the session ends', async () => {
  const { todos, discarded } = page()
  expect(await signOut(todos, 'discard')).toBeUndefined()
  expect(discarded).toEqual(['createTodo b', 'createTodo a'])
})

test('a lost network discards nothing and signs nobody out', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  const { todos, discarded, written } = page()
  expect(await signOut(todos, 'discard')).toContain('needs the network')
  expect([...discarded, ...written]).toEqual([])
})
