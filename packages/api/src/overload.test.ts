import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { admitBy, createAdmission } from './http/admission.ts'
import { createRestHandler } from './rest/rest-handler.ts'
import { withoutDatabase } from './test-without-database.ts'
import { listen } from './test-world.ts'
import { createTrpcHandler } from './trpc/trpc-handler.ts'

const json = { 'content-type': 'application/json' }
const create = JSON.stringify({ idempotencyKey: 'k', title: 'Buy milk' })
const unavailable = {
  code: 'unavailable',
  retry: 'same_key',
  retryAfterMs: expect.any(Number),
}

/** Both APIs of a server without room for writes and reads, and without its reserve for newcomers. */
async function fullWorld() {
  await using starting = new AsyncDisposableStack()
  const { operations } = starting.use(withoutDatabase())
  const admission = createAdmission({ write: 1, read: 1, search: 1 })
  const leave = (['write', 'read', 'search'] as const).flatMap((kind) =>
    ['another', 'newcomer'].map((caller) =>
      admission.enter({ kind, calls: 1, caller, body: { complete: true } }),
    ),
  )
  const unexpected: unknown[] = []
  const settings = {
    contextOf: () => ({ caller: { owner: 'local' }, operations }),
    onUnexpected: (error: unknown) => void unexpected.push(error),
    admit: admitBy(admission),
  }
  const trpc = createTrpcHandler(settings)
  const rest = createRestHandler({ ...settings, requireKey: false })
  const server = await listen((request: IncomingMessage, response: ServerResponse) => {
    const [path = '', query] = (request.url ?? '').split(/\?(.*)/s, 2)
    const name = path.slice('/api/trpc/'.length)
    if (!path.startsWith('/api/trpc/')) void rest(request, response)
    else void trpc(request, response, name, new URLSearchParams(query))
  })
  starting.defer(async () => void (await server.close()))
  const running = starting.move()
  return {
    url: server.url,
    admission,
    unexpected,
    leave: () => {
      for (const each of leave) each()
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

test('a full server refuses a tRPC call with 503 and Retry-After', async () => {
  await using it = await fullWorld()
  const response = await fetch(`${it.url}/api/trpc/createTodo`, {
    method: 'POST',
    headers: json,
    body: create,
  })
  expect(response.status).toBe(503)
  expect(['1', '2', '3']).toContain(response.headers.get('retry-after'))
  expect(await response.json()).toMatchObject({ error: { data: { refusal: unavailable } } })
  // A refusal is no bug, and its connection still works.
  expect(it.unexpected).toEqual([])
  expect(response.headers.get('connection')).not.toBe('close')
})

test('a full server refuses each call of a batch', async () => {
  await using it = await fullWorld()
  const response = await fetch(`${it.url}/api/trpc/listTodos,getTodo?batch=1&input=%7B%7D`)
  expect(response.status).toBe(503)
  const refused = { error: { data: { refusal: unavailable } } }
  expect(await response.json()).toMatchObject([refused, refused])
})

test.for([
  ['POST', '/todos'],
  ['DELETE', '/todos/99'],
  ['GET', '/todos?search=milk'],
])('a full server refuses %s %s with a problem document', async ([method = '', path = '']) => {
  await using it = await fullWorld()
  const response = await fetch(`${it.url}${path}`, {
    method,
    ...(method === 'POST' ? { headers: json, body: '{"title":"Buy milk"}' } : {}),
  })
  expect(response.status).toBe(503)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('retry-after')).toMatch(/^[123]$/)
  expect(await response.json()).toMatchObject({ status: 503, refusal: unavailable })
})

test('a full server answers policy, by which clients learn the time', async () => {
  await using it = await fullWorld()
  expect((await fetch(`${it.url}/api/trpc/policy`)).status).toBe(200)
})

test('a full server refuses before it has read the body', async () => {
  await using it = await fullWorld()
  const { hostname, port } = new URL(it.url)
  const socket = connect(Number(port), hostname)
  socket.write(
    'POST /todos HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
  )
  let answer = ''
  for await (const chunk of socket) answer += chunk
  expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*connection: close/i)
})

test('a request gives its room back when it has been answered, also with an error', async () => {
  await using it = await fullWorld()
  it.leave()
  for (const body of ['{broken', create]) {
    await fetch(`${it.url}/api/trpc/createTodo`, { method: 'POST', headers: json, body })
  }
  await fetch(`${it.url}/todos/99`)
  expect((['write', 'read', 'search'] as const).map(it.admission.inProgress)).toEqual([0, 0, 0])
})
