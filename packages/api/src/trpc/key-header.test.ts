import { expect, test } from 'vitest'
import { createWorld, send } from '../test-world.ts'

type Headers = Record<string, string>

/** Over tRPC the key is a member of the input; these clients send the header as well. */
async function trpcWorld() {
  const world = await createWorld()
  const post = (path: string, input: unknown, headers: Headers) =>
    send(`${world.url}/${path}`, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: { 'content-type': 'application/json', ...headers },
    })
  return { ...world, post, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const milk = { idempotencyKey: 'k', title: 'Buy milk' }

test('a header with the key of the input changes nothing, bare or quoted', async () => {
  await using world = await trpcWorld()
  for (const header of ['k', '"k"']) {
    const answer = await world.post('createTodo', milk, { 'idempotency-key': header })
    expect(answer.status).toBe(200)
  }
  expect(await world.count('todo')).toBe(1)
})

test('a header with another key than the input is refused, and no todo is created', async () => {
  await using world = await trpcWorld()
  const answer = await world.post('createTodo', milk, { 'idempotency-key': 'another' })
  expect(answer).toMatchObject({ status: 400, refusal: { code: 'key_ambiguous' } })
  expect(await world.count('todo')).toBe(0)
  expect(await world.count('idem.idempotency_record')).toBe(0)
})

test('a header does not replace a missing key of the input', async () => {
  await using world = await trpcWorld()
  const headers = { 'idempotency-key': 'k' }
  for (const [path, input] of [
    ['createTodo', { title: 'Buy milk' }],
    ['deleteTodo', { id: '99' }],
  ] as const) {
    const answer = await world.post(path, input, headers)
    expect(answer).toMatchObject({ status: 400, refusal: { code: 'key_missing' } })
  }
})

test('in a batch only the calls with another key are refused', async () => {
  await using world = await trpcWorld()
  const calls = { 0: milk, 1: { ...milk, idempotencyKey: 'another' } }
  const headers = { 'idempotency-key': 'k' }
  const { status, body } = await world.post('createTodo,createTodo?batch=1', calls, headers)
  expect(status).toBe(207)
  expect(body).toMatchObject([
    { result: { data: { title: 'Buy milk' } } },
    { error: { data: { refusal: { code: 'key_ambiguous' } } } },
  ])
  expect(await world.count('todo')).toBe(1)
})

test('a stream checks the header as well', async () => {
  await using world = await trpcWorld()
  const response = await fetch(`${world.url}/createTodo?batch=1`, {
    method: 'POST',
    body: JSON.stringify({ 0: milk }),
    headers: {
      'content-type': 'application/json',
      'trpc-accept': 'application/jsonl',
      'idempotency-key': 'another',
    },
  })
  expect(await response.text()).toContain('key_ambiguous')
  expect(await world.count('todo')).toBe(0)
})

test('a header that is no key is refused', async () => {
  await using world = await trpcWorld()
  const answer = await world.post('createTodo', milk, { 'idempotency-key': 'a b' })
  expect(answer).toMatchObject({ status: 400, refusal: { code: 'key_malformed' } })
})
