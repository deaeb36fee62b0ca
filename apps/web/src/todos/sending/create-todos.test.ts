import { afterEach, expect, test, vi } from 'vitest'
import { createTodos } from './create-todos.ts'

afterEach(() => vi.unstubAllGlobals())

test('every call of the page names its account, and is below the path of the page', async () => {
  const named: (string | null)[] = []
  vi.stubGlobal('location', new URL('http://idem.test/todos/?show=open'))
  const paths = new Set<string>()
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    paths.add(new URL(url).pathname.replace(/\w+$/, ''))
    named.push(new Headers(init?.headers).get('idem-account'))
    return Response.json({ result: { data: {} } })
  })
  const { client } = createTodos('ann')
  await client().listTodos.query({})
  await client().deleteTodo.mutate({ id: 'a', idempotencyKey: 'key' })
  expect(named).toEqual(['ann', 'ann'])
  expect([...paths]).toEqual(['/todos/api/trpc/'])
})
