import { afterEach, expect, test, vi } from 'vitest'
import { createTodos } from './create-todos.ts'

afterEach(() => vi.unstubAllGlobals())

test('every call of the page names its account', async () => {
  const named: (string | null)[] = []
  vi.stubGlobal('location', { origin: 'http://idem.test' })
  vi.stubGlobal('fetch', async (_: string, init?: RequestInit) => {
    named.push(new Headers(init?.headers).get('idem-account'))
    return Response.json({ result: { data: {} } })
  })
  const { client } = createTodos('ann')
  await client().listTodos.query({})
  await client().deleteTodo.mutate({ id: 'a', idempotencyKey: 'key' })
  expect(named).toEqual(['ann', 'ann'])
})
