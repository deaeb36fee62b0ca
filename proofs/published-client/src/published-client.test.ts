import type { TodoRouter } from '@idem/api/todo-router'
import { httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from '@trpc/client'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { publishedWorld, type Wire } from './published-world.ts'

vi.setConfig({ testTimeout: 60_000 })

const single = (wire: Wire) => [httpLink<TodoRouter>(wire)]
const batched = (wire: Wire) => [httpBatchLink<TodoRouter>(wire)]

const streamed = (wire: Wire) => [httpBatchStreamLink<TodoRouter>(wire)]

test('the published client creates one todo with one key, sent once or twice', async () => {
  await using world = await publishedWorld(single)
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  const todo = await world.client.createTodo.mutate(input)
  expect(todo).toMatchObject({ title: 'Buy milk', completed: false, version: 1 })
  expect(await world.client.createTodo.mutate(input)).toEqual(todo)
  expect(await world.client.listTodos.query()).toEqual({ todos: [todo], nextCursor: null })
  expect(world.exchanges).toEqual([
    { method: 'POST', url: '/api/trpc/createTodo', status: 200 },
    { method: 'POST', url: '/api/trpc/createTodo', status: 200 },
    { method: 'GET', url: '/api/trpc/listTodos', status: 200 },
  ])
})

test('the published client reads with and without input and deletes repeatedly', async () => {
  await using world = await publishedWorld(single)
  const { client } = world
  const { id } = await client.createTodo.mutate({ idempotencyKey: v7(), title: 'Ä "quoted" 🥛' })
  expect(await client.getTodo.query({ id })).toMatchObject({ id, title: 'Ä "quoted" 🥛' })
  expect((await client.listTodos.query({ search: '🥛', limit: 1 })).todos).toHaveLength(1)
  expect(await client.policy.query()).toMatchObject({ keyRetentionHours: 24 })
  expect(await client.deleteTodo.mutate({ id })).toEqual({ id })
  expect(await client.deleteTodo.mutate({ id })).toEqual({ id })
  expect((await client.listTodos.query()).todos).toEqual([])
})

test('a refusal is a TRPCClientError with its retry advice', async () => {
  await using world = await publishedWorld(single)
  const idempotencyKey = v7()
  await world.client.createTodo.mutate({ idempotencyKey, title: 'Buy milk' })
  const reused = await errorOf(world.client.createTodo.mutate({ idempotencyKey, title: 'Buy tea' }))
  expect(reused).toBeInstanceOf(TRPCClientError)
  expect(reused.data).toMatchObject({
    code: 'UNPROCESSABLE_CONTENT',
    httpStatus: 422,
    path: 'createTodo',
    refusal: { code: 'key_reused', retry: 'never' },
  })
  const missing = await errorOf(world.client.getTodo.query({ id: v7() }))
  expect(missing.data).toMatchObject({ httpStatus: 404, refusal: { code: 'not_found' } })
})

test('an invalid input is refused with its paths and changes nothing', async () => {
  await using world = await publishedWorld(single)
  const wrong = await errorOf(world.client.createTodo.mutate({ idempotencyKey: v7(), title: '  ' }))
  expect(wrong.data).toMatchObject({
    code: 'BAD_REQUEST',
    httpStatus: 400,
    refusal: { code: 'invalid_input', paths: ['title'] },
  })
  expect(wrong.data).not.toHaveProperty('stack')
  expect((await world.client.listTodos.query()).todos).toEqual([])
})

test('batched calls are sent in one request, each with its answer', async () => {
  await using world = await publishedWorld(batched)
  const titles = ['one', 'two', 'three']
  const todos = await Promise.all(
    titles.map((title) => world.client.createTodo.mutate({ idempotencyKey: v7(), title })),
  )
  expect(todos.map(({ title }) => title)).toEqual(titles)
  const [found, list] = await Promise.all([
    world.client.getTodo.query({ id: todos[0]?.id ?? '' }),
    world.client.listTodos.query({ limit: 3 }),
  ])
  expect(list.todos).toContainEqual(found)
  expect(world.exchanges).toEqual([
    { method: 'POST', url: '/api/trpc/createTodo,createTodo,createTodo?batch=1', status: 200 },
    {
      method: 'GET',
      url: expect.stringMatching(/getTodo,listTodos\?batch=1&input=/),
      status: 200,
    },
  ])
})

test('a refusal in a batch gives 207 and the other calls succeed', async () => {
  await using world = await publishedWorld(batched)
  const [made, refused, deleted] = await Promise.allSettled([
    world.client.createTodo.mutate({ idempotencyKey: v7(), title: 'Buy milk' }),
    world.client.createTodo.mutate({ idempotencyKey: v7(), title: '' }),
    world.client.deleteTodo.mutate({ id: v7() }),
  ])
  expect([made.status, refused.status, deleted.status]).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(refused).toMatchObject({
    reason: { data: { httpStatus: 400, refusal: { code: 'invalid_input' } } },
  })
  expect(world.exchanges.map(({ status }) => status)).toEqual([207])
})

test('a key twice in a batch creates one todo with two equal answers', async () => {
  await using world = await publishedWorld(batched)
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  const [one, two] = await Promise.all([
    world.client.createTodo.mutate(input),
    world.client.createTodo.mutate(input),
  ])
  expect(one).toEqual(two)
  expect((await world.client.listTodos.query()).todos).toHaveLength(1)
})

test('batched calls can be answered as a stream', async () => {
  await using world = await publishedWorld(streamed)
  const idempotencyKey = v7()
  const [first, again, refused] = await Promise.all([
    world.client.createTodo.mutate({ idempotencyKey, title: 'Buy milk' }),
    world.client.createTodo.mutate({ idempotencyKey, title: 'Buy milk' }),
    errorOf(world.client.createTodo.mutate({ idempotencyKey: v7(), title: '' })),
  ])
  expect(again).toEqual(first)
  expect(refused.data).toMatchObject({ refusal: { code: 'invalid_input', paths: ['title'] } })
  expect((await world.client.listTodos.query()).todos).toEqual([first])
  expect(world.exchanges[0]?.url).toContain('createTodo,createTodo,createTodo?batch=1')
})

async function errorOf(calling: Promise<unknown>) {
  const error = await calling.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TRPCClientError) return error
  throw new Error(`Expected a refusal, received ${String(error)}.`)
}
