import { request } from 'node:http'
import { connect } from 'node:net'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { expect, test } from 'vitest'
import { createWorld, listen, send } from '../test-world.ts'
import { todoRouter } from './todo-router.ts'

const json = { 'content-type': 'application/json' }
const post = (body: string, headers: Record<string, string> = json): RequestInit => ({
  method: 'POST',
  body,
  headers,
})
const create = (key: string, title: unknown = 'Buy milk') => ({ idempotencyKey: key, title })
const query = (input: unknown) => `?input=${encodeURIComponent(JSON.stringify(input))}`
const batched = (input: unknown) => `?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`

/** Each is sent to both adapters; the first creates, so the second replays, to the byte. */
const requests: [string, string, RequestInit?][] = [
  ['a mutation', 'createTodo', post(JSON.stringify(create('k1')))],
  [
    'a mutation with a charset',
    'createTodo',
    post(JSON.stringify(create('k2')), { 'content-type': 'application/json; charset=utf-8' }),
  ],
  [
    'a mutation, type in capitals',
    'createTodo',
    post(JSON.stringify(create('k2')), { 'content-type': 'Application/JSON' }),
  ],
  ['a query', 'listTodos'],
  ['a query with input', `listTodos${query({ limit: 1 })}`],
  ['a query for a missing todo', `getTodo${query({ id: 'x' })}`],
  ['a query with a wrong input', `listTodos${query({ limit: 0 })}`],
  ['a query whose input is no JSON', 'getTodo?input={'],
  ['an empty input', 'getTodo?input='],
  ['a mutation that is refused', 'createTodo', post(JSON.stringify(create('k1', 'Buy tea')))],
  ['a mutation with a wrong input', 'createTodo', post(JSON.stringify(create('k3', 7)))],
  ['a mutation without a key', 'createTodo', post(JSON.stringify({ title: 'x' }))],
  ['a body that is no JSON', 'createTodo', post('{')],
  ['an empty body', 'createTodo', post('')],
  ['trailing garbage', 'createTodo', post(`${JSON.stringify(create('k4'))}}`)],
  ['an unknown procedure', 'nothing'],
  ['an unknown procedure, posted', 'nothing', post('{}')],
  ['a name every object has', 'toString'],
  ['a mutation by GET', `createTodo${query(create('k5'))}`],
  ['a mutation by PUT', 'createTodo', { ...post(JSON.stringify(create('k5'))), method: 'PUT' }],
  ['a query by POST', 'listTodos', post('{}')],
  ['a batch of one', 'createTodo?batch=1', post(JSON.stringify({ 0: create('k6') }))],
  [
    'a batch',
    'createTodo,createTodo?batch=1',
    post(JSON.stringify({ 0: create('k7'), 1: create('k8') })),
  ],
  [
    'a batch, one refused',
    'createTodo,createTodo?batch=1',
    post(JSON.stringify({ 0: create('k7'), 1: create('k8', '') })),
  ],
  [
    'a batch, all refused alike',
    'createTodo,createTodo?batch=1',
    post(JSON.stringify({ 0: create('k7', ''), 1: create('k8', '') })),
  ],
  [
    'a batch, one unknown',
    'createTodo,nothing?batch=1',
    post(JSON.stringify({ 0: create('k7'), 1: {} })),
  ],
  [
    'a batch with an input missing',
    'createTodo,createTodo?batch=1',
    post(JSON.stringify({ 0: create('k7') })),
  ],
  ['a batch of queries', 'listTodos,policyless?batch=1'],
  [
    'a batch of queries with input',
    `getTodo,listTodos${batched({ 0: { id: 'x' }, 1: { limit: 1 } })}`,
  ],
  ['a batch that mixes queries and mutations', `listTodos,createTodo${batched({})}`],
  ['a batch whose body is no object', 'createTodo?batch=1', post('7')],
  ['a path that cannot be decoded', '%E0%A4%A'],
  ['an escaped path', 'list%54odos'],
  ['another type', 'createTodo', post('{}', { 'content-type': 'text/plain' })],
  ['eleven in a batch', `${Array(11).fill('listTodos').join(',')}?batch=1`],
]

test('the slim adapter answers like the official one', async () => {
  await using world = await createWorld()
  const official = await listen(
    createHTTPHandler({
      router: todoRouter,
      createContext: () => world.context,
      basePath: '/api/trpc/',
      maxBatchSize: 10,
    }),
  )
  for (const [name, path, init] of requests) {
    const theirs = await send(`${official.url}/api/trpc/${path}`, init)
    const ours = await send(`${world.url}/${path}`, init)
    const seen = ({ status, body }: typeof ours) => ({ name, status, body })
    expect(seen(ours)).toEqual(seen(theirs))
    // For an error of the whole request the official adapter sends no content type.
    expect(ours.headers.get('content-type')).toBe('application/json')
  }
  await official.close()
})

test('a batch may be answered as a stream, each call when it is done', async () => {
  await using world = await createWorld()
  const body = JSON.stringify({ 0: create('k1'), 1: create('k1'), 2: create('k2', '') })
  const response = await fetch(`${world.url}/createTodo,createTodo,createTodo?batch=1`, {
    ...post(body),
    headers: { ...json, 'trpc-accept': 'application/jsonl' },
  })
  const text = await response.text()
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(text.match(/"title":"Buy milk"/g)).toHaveLength(2)
  expect(text).toContain('"code":"invalid_input"')
  expect(await world.count('todo')).toBe(1)
})

test('a stream has the limits of every request', async () => {
  await using world = await createWorld()
  const headers = { 'content-type': 'text/plain', 'trpc-accept': 'application/jsonl' }
  const refused = await send(`${world.url}/createTodo?batch=1`, post('{}', headers))
  expect(refused).toMatchObject({ status: 415, refusal: { code: 'wrong_type' } })
})

test('a request that cannot be streamed is answered without a stream', async () => {
  await using world = await createWorld()
  const headers = { ...json, 'trpc-accept': 'application/jsonl' }
  const body = JSON.stringify(create('k1'))
  expect(await send(`${world.url}/createTodo`, post(body, headers))).toMatchObject({ status: 200 })
  // `fetch` will not send a TRACE.
  const [, port = ''] = /:(\d+)/.exec(world.url) ?? []
  const options = { port, path: '/api/trpc/createTodo?batch=1', method: 'TRACE', headers }
  const status = await new Promise((resolve, reject) => {
    const sent = request(options, (response) => resolve(response.resume().statusCode))
    sent.on('error', reject).end()
  })
  expect(status).toBe(405)
  expect(world.unexpected).toEqual([])
})

test('a client that leaves before its body has arrived is not an unexpected error', async () => {
  await using world = await createWorld()
  const { port } = new URL(world.url)
  const socket = connect(Number(port), '127.0.0.1')
  const head =
    'POST /api/trpc/createTodo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{'
  await new Promise((resolve) => socket.write(head, resolve))
  socket.resetAndDestroy()
  await new Promise((resolve) => socket.on('close', resolve))
  expect(await send(`${world.url}/listTodos`)).toMatchObject({ status: 200 })
  expect(world.unexpected).toEqual([])
})

test.for([
  ['a form', 'application/x-www-form-urlencoded', 'idempotencyKey=k&title=x'],
  ['a multipart form', 'multipart/form-data; boundary=x', '--x--'],
  ['bytes', 'application/octet-stream', '{}'],
  ['another charset', 'application/json; charset=utf-16', '{}'],
] as const)('%s, which the official adapter would take, is refused', async ([, type, body]) => {
  await using world = await createWorld()
  const refused = await send(`${world.url}/createTodo`, post(body, { 'content-type': type }))
  expect(refused).toMatchObject({ status: 415, refusal: { code: 'wrong_type', retry: 'never' } })
})

test('bytes that are no UTF-8 and bodies with a content coding are refused', async () => {
  await using world = await createWorld()
  const bytes = Buffer.concat([
    Buffer.from('{"idempotencyKey":"k","title":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ])
  expect(
    await send(`${world.url}/createTodo`, { method: 'POST', headers: json, body: bytes }),
  ).toMatchObject({ status: 415 })
  const coded = { ...json, 'content-encoding': 'gzip' }
  expect(await send(`${world.url}/createTodo`, post('{}', coded))).toMatchObject({ status: 415 })
  expect(await world.count('todo')).toBe(0)
})

test('64 KiB are read, a byte more is not', async () => {
  await using world = await createWorld()
  const input = JSON.stringify(create('k1'))
  const padded = (size: number) => input + ' '.repeat(size - input.length)
  expect(await send(`${world.url}/createTodo`, post(padded(65_536)))).toMatchObject({ status: 200 })
  const refused = await send(`${world.url}/createTodo`, post(padded(65_537)))
  expect(refused).toMatchObject({ status: 413, refusal: { code: 'too_large' } })
})

test('a body that grows too large without a Content-Length is refused', async () => {
  await using world = await createWorld()
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(Buffer.alloc(16_384, 32)),
  })
  const init = { method: 'POST', headers: json, body, duplex: 'half' } as RequestInit
  // The connection is closed while the client still sends; some clients read the response, others a reset.
  const refused = await send(`${world.url}/createTodo`, init).catch(() => ({ status: 413 }))
  expect(refused.status).toBe(413)
})

test('a refused method names the allowed ones', async () => {
  await using world = await createWorld()
  const mutation = await send(`${world.url}/createTodo`)
  expect([mutation.status, mutation.headers.get('allow')]).toEqual([405, 'POST'])
  const reading = await send(`${world.url}/listTodos`, post('{}'))
  expect([reading.status, reading.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
    expect((await send(`${world.url}/createTodo`, { method })).status).toBe(405)
  }
})
