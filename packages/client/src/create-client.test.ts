import type { Todo } from '@idem/contract/todo'
import { TRPCClientError } from '@trpc/client'
import { expect, expectTypeOf, test, vi } from 'vitest'
import { type Client, createClient } from './create-client.ts'
import { json, startServer } from './test-stub-server.ts'

const todo = {
  id: '019ab3c4-0000-7000-8000-000000000000',
  title: 'Buy milk',
  completed: false,
  version: 1,
  createdAt: '2026-11-24T10:00:00.000Z',
  updatedAt: '2026-11-24T10:00:00.000Z',
}

const refusalIn = (error: unknown) =>
  error instanceof TRPCClientError ? error.data?.refusal : undefined

test('each call is one request with the key in its input', async () => {
  await using server = await startServer((response) => json(response, { result: { data: todo } }))
  const client = createClient({ url: server.url })
  const idempotencyKey = 'key'
  const answers = await Promise.all([
    client.createTodo.mutate({ idempotencyKey, title: 'Buy milk' }),
    client.createTodo.mutate({ idempotencyKey, title: 'Buy milk' }),
  ])
  expect(answers).toEqual([todo, todo])
  const request = {
    method: 'POST',
    url: '/api/trpc/createTodo',
    body: { idempotencyKey, title: 'Buy milk' },
  }
  expect(server.asked).toEqual([request, request])
})

test.each(['', '/', '/api/trpc', '/api/trpc/'])(
  'a server URL ending in "%s" resolves to the tRPC endpoint',
  async (path) => {
    await using server = await startServer((response) =>
      json(response, { result: { data: { id: 'x' } } }),
    )
    await createClient({ url: server.url + path }).deleteTodo.mutate({ id: 'x' })
    expect(server.asked[0]?.url).toBe('/api/trpc/deleteTodo')
  },
)

test('a URL with another path is used unchanged', async () => {
  await using server = await startServer((response) =>
    json(response, { result: { data: { id: 'x' } } }),
  )
  await createClient({ url: `${server.url}/todos/rpc` }).deleteTodo.mutate({ id: 'x' })
  expect(server.asked[0]?.url).toBe('/todos/rpc/deleteTodo')
})

test.each(['', '/', '/api/trpc'])(
  '"%s" in a browser resolves to the origin of the page',
  async (url) => {
    vi.stubGlobal('location', { origin: 'http://idem.test' })
    const asked: unknown[] = []
    const client = createClient({
      url,
      fetch: async (input) => {
        asked.push(input)
        return Response.json({ result: { data: { id: 'x' } } })
      },
    })
    vi.unstubAllGlobals()
    await client.deleteTodo.mutate({ id: 'x' })
    expect(asked).toEqual(['http://idem.test/api/trpc/deleteTodo'])
  },
)

test.each(['', '/api/trpc', 'localhost:3000', 'api/trpc', '//elsewhere', 'ftp://x', 'no address'])(
  '"%s" outside a browser throws a TypeError immediately',
  (url) => {
    expect(() => createClient({ url })).toThrow(/absolute URL like "http:\/\/localhost:3000"/)
  },
)

test('a lost answer is one request, without a retry and without a refusal', async () => {
  await using server = await startServer((response) => response.destroy())
  const calling = createClient({ url: server.url }).createTodo.mutate({
    idempotencyKey: 'key',
    title: 'x',
  })
  await expect(calling).rejects.toSatisfy((error) => refusalIn(error) === undefined)
  expect(server.asked).toHaveLength(1)
})

test('an attempt ends at its time-out, even in the middle of a response body', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"result"')
  })
  const calling = createClient({ url: server.url, attemptTimeoutMs: 50 }).policy.query()
  await expect(calling).rejects.toSatisfy((error) => refusalIn(error) === undefined)
})

test('a refusal arrives with its retry advice', async () => {
  const refusal = { code: 'in_flight', retry: 'same_key', retryAfterMs: 1_000 }
  const shape = {
    message: 'Busy.',
    code: -32009,
    data: { code: 'CONFLICT', httpStatus: 409, refusal },
  }
  await using server = await startServer((response) => json(response, { error: shape }, 409))
  const calling = createClient({ url: server.url }).createTodo.mutate({
    idempotencyKey: 'key',
    title: 'x',
  })
  await expect(calling).rejects.toSatisfy((error) => {
    expect(refusalIn(error)).toEqual(refusal)
    return true
  })
})

test('inputs and answers have the types of the router', () => {
  type Call<Procedure extends keyof Client> = Client[Procedure] extends {
    mutate: (input: infer Input) => Promise<infer Answer>
  }
    ? { input: Input; answer: Answer }
    : never
  expectTypeOf<Call<'createTodo'>['answer']>().toEqualTypeOf<Todo>()
  expectTypeOf<Call<'createTodo'>['input']>().toExtend<{ idempotencyKey: string; title: string }>()
  expectTypeOf<{ title: string }>().not.toExtend<Call<'createTodo'>['input']>()
  expectTypeOf<Call<'deleteTodo'>['answer']>().toEqualTypeOf<{ id: string }>()
  expectTypeOf<{ id: string; version: number }>().toExtend<Call<'deleteTodo'>['input']>()
  expectTypeOf<Awaited<ReturnType<Client['getTodo']['query']>>>().toEqualTypeOf<Todo>()
  expectTypeOf<Awaited<ReturnType<Client['listTodos']['query']>>>().toEqualTypeOf<{
    todos: Todo[]
    nextCursor: string | null
  }>()
  expectTypeOf<
    Awaited<ReturnType<Client['policy']['query']>>['serverTime']
  >().toEqualTypeOf<string>()
})
