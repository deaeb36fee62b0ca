import type { TodoRouter } from '@idem/api/todo-router'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import { v7 } from 'uuid'
import { afterAll, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 60_000 })

const database = await scratchDatabase()
const server = await startServer({ database })
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

type Wire = { readonly url: string; readonly fetch: Fetch }
type Fetch = NonNullable<Parameters<typeof httpLink>[0]['fetch']>

/** The published client with the links that a test chooses, and its exchanges on the wire. */
function published(linkTo: (wire: Wire) => TRPCLink<TodoRouter>) {
  const exchanges: string[] = []
  const watched: Fetch = async (input, init) => {
    // Node's fetch; the client's types declare less of the same parameters.
    const response = await fetch(input, init as RequestInit)
    const path = decodeURIComponent(String(input).slice(server.url.length))
    exchanges.push(`${init?.method} ${path} ${response.status}`)
    return response
  }
  const links = [linkTo({ url: `${server.url}/api/trpc`, fetch: watched })]
  return { client: createTRPCClient<TodoRouter>({ links }), exchanges }
}

const single = (wire: Wire) => httpLink<TodoRouter>(wire)
const batched = (wire: Wire) => httpBatchLink<TodoRouter>(wire)
const streamed = (wire: Wire) => httpBatchStreamLink<TodoRouter>(wire)

test('the published client creates one todo with one key, reads it and deletes it repeatedly', async () => {
  const { client, exchanges } = published(single)
  const input = { idempotencyKey: v7(), title: 'Ä "quoted" 🥛' }
  const todo = await client.createTodo.mutate(input)
  expect(todo).toMatchObject({ title: input.title, completed: false, version: 1 })
  expect(await client.createTodo.mutate(input)).toEqual(todo)
  expect(await client.getTodo.query({ id: todo.id })).toEqual(todo)
  expect(await client.listTodos.query({ search: '🥛' })).toEqual({
    todos: [todo],
    nextCursor: null,
  })
  expect(await client.policy.query()).toMatchObject({ keyRetentionHours: 24 })
  for (let times = 0; times < 2; times += 1) {
    expect(await client.deleteTodo.mutate({ id: todo.id })).toEqual({ id: todo.id })
  }
  expect((await client.listTodos.query()).todos).toEqual([])
  expect(exchanges.slice(0, 2)).toEqual(Array(2).fill('POST /api/trpc/createTodo 200'))
})

test('a refusal is a TRPCClientError with its retry advice, and changes nothing', async () => {
  const { client } = published(single)
  const idempotencyKey = v7()
  await client.createTodo.mutate({ idempotencyKey, title: 'Buy milk' })
  const reused = await errorOf(client.createTodo.mutate({ idempotencyKey, title: 'Buy tea' }))
  expect(reused.data).toMatchObject({
    code: 'UNPROCESSABLE_CONTENT',
    httpStatus: 422,
    path: 'createTodo',
    refusal: { code: 'key_reused', retry: 'never' },
  })
  const missing = await errorOf(client.getTodo.query({ id: v7() }))
  expect(missing.data).toMatchObject({ httpStatus: 404, refusal: { code: 'not_found' } })
  const wrong = await errorOf(client.createTodo.mutate({ idempotencyKey: v7(), title: '  ' }))
  expect(wrong.data).toMatchObject({
    code: 'BAD_REQUEST',
    httpStatus: 400,
    refusal: { code: 'invalid_input', paths: ['title'] },
  })
  expect(wrong.data).not.toHaveProperty('stack')
  expect((await client.listTodos.query()).todos).toMatchObject([{ title: 'Buy milk' }])
})

test('batched calls are sent in one request, each with its answer', async () => {
  const { client, exchanges } = published(batched)
  const titles = ['one', 'two', 'three']
  const todos = await Promise.all(
    titles.map((title) => client.createTodo.mutate({ idempotencyKey: v7(), title })),
  )
  expect(todos.map(({ title }) => title)).toEqual(titles)
  const [found, list] = await Promise.all([
    client.getTodo.query({ id: todos[0]?.id ?? '' }),
    client.listTodos.query({ limit: 3 }),
  ])
  expect(list.todos).toContainEqual(found)
  expect(exchanges).toEqual([
    'POST /api/trpc/createTodo,createTodo,createTodo?batch=1 200',
    expect.stringMatching(/^GET .*getTodo,listTodos\?batch=1&input=.* 200$/),
  ])
})

test.for([
  ['as a whole', batched, 207],
  ['as a stream', streamed, 200],
] as const)(
  'a key twice in a batch answered %s has one effect and equal answers, and a refusal beside it none',
  async ([form, link, status]) => {
    const { client, exchanges } = published(link)
    const input = { idempotencyKey: v7(), title: `Buy ink, ${form}` }
    const [first, again, refused] = await Promise.all([
      client.createTodo.mutate(input),
      client.createTodo.mutate(input),
      errorOf(client.createTodo.mutate({ idempotencyKey: v7(), title: '' })),
    ])
    expect(again).toEqual(first)
    expect(refused.data).toMatchObject({ refusal: { code: 'invalid_input', paths: ['title'] } })
    expect(exchanges).toEqual([`POST /api/trpc/createTodo,createTodo,createTodo?batch=1 ${status}`])
    expect((await client.listTodos.query({ search: form })).todos).toEqual([first])
  },
)

async function errorOf(calling: Promise<unknown>) {
  const error = await calling.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TRPCClientError) return error
  throw new Error(`Expected a refusal, received ${String(error)}.`)
}
