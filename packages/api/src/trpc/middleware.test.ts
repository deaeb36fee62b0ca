import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { createWorld } from '../test-world.ts'
import { createProcedures } from './procedures.ts'
import { createTodoRouter, todoRouter } from './todo-router.ts'

const json = { 'content-type': 'application/json' }
const milk = (idempotencyKey: string) => ({ idempotencyKey, title: 'Buy milk' })

/** The tRPC API with a middleware on every procedure that records its calls. */
async function recordingWorld(check: () => void = () => undefined) {
  const calls: string[] = []
  const router = createTodoRouter(
    createProcedures((builder) =>
      builder.use(async ({ path, type, next }) => {
        calls.push(`${type} ${path}`)
        check()
        return next()
      }),
    ),
  )
  const world = await createWorld({ router })
  return {
    ...world,
    calls,
    caller: router.createCaller(world.context),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${world.url}/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...json, ...headers },
      }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

test('a middleware runs for single calls, queries and mutations alike', async () => {
  await using world = await recordingWorld()
  expect(await world.mutate('createTodo', milk('k'))).toMatchObject({ status: 200 })
  expect(await world.query('listTodos', {})).toMatchObject({ status: 200 })
  expect(world.calls).toEqual(['mutation createTodo', 'query listTodos'])
})

test('a middleware runs for each call of a batch', async () => {
  await using world = await recordingWorld()
  const response = await world.post('createTodo,createTodo?batch=1', { 0: milk('a'), 1: milk('b') })
  expect(response.status).toBe(200)
  expect(world.calls).toEqual(['mutation createTodo', 'mutation createTodo'])
})

test('a middleware runs for each call of a stream', async () => {
  await using world = await recordingWorld()
  const calls = { 0: milk('a'), 1: milk('b') }
  const response = await world.post('createTodo,createTodo?batch=1', calls, {
    'trpc-accept': 'application/jsonl',
  })
  expect((await response.text()).match(/"title":"Buy milk"/g)).toHaveLength(2)
  expect(world.calls).toEqual(['mutation createTodo', 'mutation createTodo'])
})

test('a middleware runs for a server-side caller', async () => {
  await using world = await recordingWorld()
  await world.caller.listTodos({})
  expect(world.calls).toEqual(['query listTodos'])
})

test.for([
  ['UNAUTHORIZED', 401, 'unauthenticated'],
  ['FORBIDDEN', 403, 'forbidden'],
  ['TOO_MANY_REQUESTS', 429, 'too_many'],
  ['INTERNAL_SERVER_ERROR', 500, 'unexpected'],
] as const)(
  'a middleware that throws %s keeps the mutation from running',
  async ([trpcCode, status, code]) => {
    await using world = await recordingWorld(() => {
      throw new TRPCError({ code: trpcCode, message: 'secret' })
    })
    const refused = await world.mutate('createTodo', milk('k'))
    expect(refused).toMatchObject({ status, refusal: { code } })
    expect(refused.text).not.toContain('secret')
    expect(await world.count('todo')).toBe(0)
  },
)

test('a server-side caller gets the todo as a value, also when it is a replay', async () => {
  await using world = await createWorld()
  const caller = todoRouter.createCaller(world.context)
  const todo = await caller.createTodo(milk('k'))
  expect(todo).toMatchObject({ title: 'Buy milk', version: 1 })
  expect(await caller.createTodo(milk('k'))).toEqual(todo)
  expect(await caller.outcomeOf({ idempotencyKey: 'k' })).toMatchObject({ answer: todo })
})
