import { createHash } from 'node:crypto'
import { beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import { createFormIntent } from '../react/form-intent.ts'
import { startFaultyServer } from '../repeat/test-faulty-server.ts'
import { idempotentFetch } from './idempotent-fetch.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const send = idempotentFetch()

// No pause, unless the server names one.
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
})

type Received = { readonly method: string; readonly key: string | undefined; readonly body: string }

/** Stores one order for each key, and answers with its number. */
async function startOrders() {
  const received: Received[] = []
  const orders = new Map<string, number>()
  const server = await startFaultyServer(async (request, response) => {
    const parts: Uint8Array[] = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts)
    const key = request.headers['idempotency-key'] as string | undefined
    received.push({ method: String(request.method), key, body: body.toString('latin1') })
    const name = key ?? `without a key ${received.length}`
    const number = orders.get(name) ?? orders.size + 1
    orders.set(name, number)
    response.writeHead(201, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ number, hash: createHash('md5').update(body).digest('hex') }))
  })
  return { ...server, received, orders }
}

const post = { method: 'POST', body: '{"item":"milk"}' }
const json = (value: unknown) => JSON.stringify(value)

test.each(['lost', 'cut'] as const)(
  'a request whose answer is %s twice is sent three times and takes effect once',
  async (fault) => {
    await using server = await startOrders()
    server.faults.push(fault, fault)
    const response = await send(`${server.url}/orders`, post)
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ number: 1 })
    expect(server.orders).toHaveLength(1)
    expect(server.received).toHaveLength(3)
    expect(server.received[0]?.key).toMatch(uuidV7)
    expect(new Set(server.received.map(json))).toHaveLength(1)
  },
)

test('two requests have two keys', async () => {
  await using server = await startOrders()
  await Promise.all([send(server.url, post), send(server.url, post)])
  expect(server.orders).toHaveLength(2)
})

test('a refused key is an answer, and the request is not sent under another key', async () => {
  await using server = await startOrders()
  const refusal = { code: 'key_from_future', retry: 'new_key', serverTime: new Date(0) }
  server.faults.push('lost', { status: 412, body: json({ refusal }) })
  expect((await send(server.url, post)).status).toBe(412)
  expect(server.received).toHaveLength(1)
  expect(server.requests()).toBe(2)
})

test('a key in the headers is used', async () => {
  await using server = await startOrders()
  server.faults.push('lost')
  const headers = { 'idempotency-key': 'my-key', 'Content-Type': 'text/x' }
  await send(server.url, { ...post, headers })
  await send(new Request(server.url, { ...post, headers }))
  expect([...server.orders.keys()]).toEqual(['my-key'])
})

const form = new FormData()
form.append('file', new Blob(['contents']), 'file.txt')
test.each([
  ['a form with a file', form],
  ['a Blob', new Blob(['contents'])],
  ['bytes', new Uint8Array([0, 200, 7])],
  ['nothing', undefined],
])('%s is sent again with the same bytes', async (_, body) => {
  await using server = await startOrders()
  server.faults.push('lost', 'lost')
  const response = await send(new Request(server.url, { method: 'PUT', body: body ?? null }))
  await response.json()
  expect(server.received).toHaveLength(3)
  expect(new Set(server.received.map(json))).toHaveLength(1)
})

test.each(['GET', 'HEAD', 'OPTIONS'])('%s is sent once and without a key', async (method) => {
  await using server = await startOrders()
  server.faults.push('lost')
  await expect(send(server.url, { method })).rejects.toThrow(TypeError)
  expect(server.received).toMatchObject([{ method, key: undefined }])
})

test.each([
  { status: 502, body: '<h1>Bad gateway</h1>' },
  { status: 429 },
  { status: 409, body: json({ refusal: { code: 'in_flight', retry: 'same_key' } }) },
])('a response like %j is repeated', async (reply) => {
  await using server = await startOrders()
  server.faults.push(reply, reply)
  const response = await send(server.url, post)
  expect(response.status).toBe(201)
  expect(server.requests()).toBe(3)
})

test('a request is not repeated before Retry-After', async () => {
  await using server = await startOrders()
  server.faults.push({ status: 503, headers: { 'Retry-After': '0.3' } })
  const start = performance.now()
  await send(server.url, post)
  expect(performance.now() - start).toBeGreaterThan(290)
})

test.each([
  { status: 409, body: json({ error: 'This seat is taken.' }) },
  { status: 422, body: json({ refusal: { code: 'key_reused', retry: 'never' } }) },
  { status: 404, body: '<h1>Not found</h1>' },
])('a response like %j is returned at once, and can be read', async (reply) => {
  await using server = await startOrders()
  server.faults.push(reply)
  const response = await send(server.url, post)
  expect(response.status).toBe(reply.status)
  expect(await response.text()).toBe(reply.body)
  expect(server.requests()).toBe(1)
})

test("after a lost answer a proxy's 403 is repeated, and the request takes effect once", async () => {
  await using server = await startOrders()
  server.faults.push('lost', { status: 403 }, { status: 404 })
  const response = await send(server.url, post)
  expect(response.status).toBe(201)
  expect(server.orders).toHaveLength(1)
})

test('a form keeps its key if a 403 that lasts follows a lost answer', async () => {
  await using server = await startOrders()
  server.faults.push('lost', ...Array(3).fill({ status: 403 }))
  const intent = createFormIntent('order')
  async function submit(key: string) {
    const response = await send(server.url, { ...post, headers: { 'Idempotency-Key': key } })
    if (!response.ok) throw Object.assign(new Error('Refused.'), { status: response.status })
  }
  await expect(intent.run(submit)).rejects.toMatchObject({ status: 403 })
  server.faults.push({ status: 404 }, { status: 404 }, { status: 404 })
  await expect(intent.run(submit)).rejects.toMatchObject({ status: 404 })
  await intent.run(submit)
  expect(server.orders).toHaveLength(1)
})

test('a 500 is returned after three attempts', async () => {
  await using server = await startOrders()
  server.faults.push(...Array(5).fill({ status: 500 }))
  expect((await send(server.url, post)).status).toBe(500)
  expect(server.requests()).toBe(3)
})

test('an abort rejects and ends the attempts', async () => {
  await using server = await startOrders()
  server.faults.push('silent')
  const aborting = new AbortController()
  const sending = send(server.url, { ...post, signal: aborting.signal })
  await expect.poll(server.requests).toBe(1)
  aborting.abort()
  await expect(sending).rejects.toThrow(/abort/)
  expect(server.requests()).toBe(1)
})

test('an attempt that takes too long is repeated', async () => {
  await using server = await startOrders()
  server.faults.push('silent')
  const response = await idempotentFetch({ attemptTimeoutMs: 1_000 })(server.url, post)
  expect(response.status).toBe(201)
  // On a busy machine the second attempt may be too slow as well.
  expect(server.requests()).toBeGreaterThan(1)
  expect(server.orders).toHaveLength(1)
})

test('a request that cannot be sent rejects', async () => {
  await expect(send('http://', post)).rejects.toThrow(TypeError)
})

test('it has the type of fetch', () => {
  expectTypeOf(send).toEqualTypeOf<typeof fetch>()
})
