import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { seeded } from '../random.ts'
import type { Chances } from './draw.ts'
import type { HttpFault } from './http-fault.ts'
import { httpProxy, type PassedRequest } from './http-proxy.ts'

const answer = 'The answer is long enough to be cut into several pieces. '.repeat(10)

/** A server that answers every request and records its body, with a proxy in front of it. */
async function world(chances: Chances<HttpFault> = {}) {
  const bodies: string[] = []
  const passed: PassedRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    bodies.push(Buffer.concat(await incoming.toArray()).toString())
    outgoing.writeHead(201, { 'x-test': 'yes' }).end(answer)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const targets = [`http://127.0.0.1:${port}`]
  const onRequest = (request: PassedRequest) => passed.push(request)
  const proxy = await httpProxy({ targets, random: seeded(1), chances, onRequest })
  return {
    proxy,
    server,
    bodies,
    passed,
    send: (body: string, signal?: AbortSignal) =>
      fetch(proxy.url, { method: 'POST', body, ...(signal && { signal }) }),
    call: (operation: string, body: string, signal?: AbortSignal) =>
      fetch(`${proxy.url}/api/trpc/${operation}?batch=1`, {
        method: 'POST',
        body,
        signal: signal ?? null,
      }),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Long enough for a request that is not held to be answered. */
const aMoment = () => pause(100, 'a moment')

/** Every request meets this fault. */
function always(fault: HttpFault): Chances<HttpFault> {
  return { [fault]: 1_000 }
}

test('a request and its response pass unchanged without a fault', async () => {
  await using it = await world({})
  const response = await it.send('once')
  expect(response.status).toBe(201)
  expect(response.headers.get('x-test')).toBe('yes')
  expect(await response.text()).toBe(answer)
  expect(it.bodies).toEqual(['once'])
  expect(it.proxy.requests()).toBe(1)
  expect(Math.max(...Object.values(it.proxy.met()))).toBe(0)
})

test('cut_before: the server receives nothing, and the client is cut off', async () => {
  await using it = await world(always('cut_before'))
  await expect(it.send('once')).rejects.toThrow()
  expect(it.bodies).toEqual([])
  expect(it.proxy.met().cut_before).toBe(1)
})

test('cut_after: the server has answered, and the client is cut off without a byte of the response', async () => {
  await using it = await world(always('cut_after'))
  await expect(it.send('once')).rejects.toThrow()
  expect(it.bodies).toEqual(['once'])
})

test('late: the client is cut off first, and the server receives the request afterwards', async () => {
  await using it = await world(always('late'))
  await expect(it.send('once')).rejects.toThrow()
  await it.proxy.calm()
  expect(it.bodies).toEqual(['once'])
})

test('hang: the server has answered, and the client receives nothing until it gives up', async () => {
  await using it = await world(always('hang'))
  const gaveUp = new AbortController()
  const sent = it.send('once', gaveUp.signal)
  await expect.poll(() => it.bodies).toEqual(['once'])
  expect(await Promise.race([sent, aMoment()])).toBe('a moment')
  gaveUp.abort()
  await expect(sent).rejects.toThrow(/abort/)
})

test('duplicate: the server receives the request twice, and the client gets one response', async () => {
  await using it = await world(always('duplicate'))
  expect(await (await it.send('once')).text()).toBe(answer)
  await it.proxy.calm()
  expect(it.bodies).toEqual(['once', 'once'])
})

test('delay: the request arrives later and is answered', async () => {
  await using it = await world(always('delay'))
  const begun = performance.now()
  for (let sent = 0; sent < 10; sent += 1) {
    expect(await (await it.send('once')).text()).toBe(answer)
  }
  // A tenth of a second each, on average.
  expect(performance.now() - begun).toBeGreaterThan(300)
  expect(it.bodies.length).toBe(10)
})

test('slice: the complete response arrives in several pieces', async () => {
  await using it = await world(always('slice'))
  const { hostname, port } = new URL(it.proxy.url)
  const socket = connect(Number(port), hostname)
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece)
  expect(pieces.length).toBeGreaterThan(2)
  expect(Buffer.concat(pieces).toString().endsWith(answer)).toBe(true)
})

test('faults are as frequent as configured and repeat with their seed', async () => {
  const chances = { cut_before: 100, duplicate: 50, slice: 50 }
  const counts: unknown[] = []
  for (let run = 0; run < 2; run += 1) {
    await using it = await world(chances)
    for (let sent = 0; sent < 300; sent += 1) await it.send('x').catch(() => undefined)
    counts.push({ ...it.proxy.met() })
    expect(it.proxy.requests()).toBe(300)
    expect(it.proxy.met().cut_before).toBeGreaterThan(10)
    expect(it.proxy.met().cut_before).toBeLessThan(60)
  }
  expect(counts[0]).toEqual(counts[1])
})

test('no request meets a fault after calm', async () => {
  await using it = await world(always('cut_before'))
  await it.proxy.calm()
  expect((await it.send('once')).status).toBe(201)
})

test('requests are spread over all servers, and an absent server looks like a cut connection', async () => {
  await using one = await world({})
  await using other = await world({})
  const targets = [one.proxy.url, other.proxy.url, 'http://127.0.0.1:9']
  await using both = await httpProxy({ targets, random: seeded(2), chances: {} })
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, () =>
      fetch(both.url, { method: 'POST', body: 'x' }).then(
        () => 'answered',
        () => 'cut',
      ),
    ),
  )
  for (const { bodies } of [one, other]) expect(bodies.length).toBeGreaterThan(5)
  expect(outcomes.filter((outcome) => outcome === 'cut').length).toBeGreaterThan(5)
})

test('a planned fault meets the next request of its operation and no other', async () => {
  await using it = await world()
  const fault = it.proxy.next('createTodo', 'cut_before')
  expect((await it.call('deleteTodo', 'other')).status).toBe(201)
  await expect(it.call('createTodo', 'lost')).rejects.toThrow('fetch failed')
  await fault.struck
  expect((await it.call('createTodo', 'again')).status).toBe(201)
  expect(it.bodies).toEqual(['other', 'again'])
  expect(it.proxy.met().cut_before).toBe(1)
})

test('each request is reported with its operation and its body, also when it is cut', async () => {
  await using it = await world()
  it.proxy.next('createTodo', 'cut_before')
  await it.call('createTodo', '{"a": "ä"}').catch(() => undefined)
  await it.call('createTodo,deleteTodo', 'batch')
  await it.send('none')
  expect(it.passed).toEqual([
    { operation: 'createTodo', body: '{"a": "ä"}' },
    { operation: 'createTodo', body: 'batch' },
    { operation: '', body: 'none' },
  ])
})

test('a canned answer replaces the server for one operation until it is taken back', async () => {
  await using it = await world()
  it.proxy.always('createTodo', { status: 500, body: '{}' })
  it.proxy.next('createTodo', 'delay')
  expect((await it.call('createTodo', 'planned')).status).toBe(201)
  expect((await it.call('createTodo', 'one')).status).toBe(500)
  expect((await it.call('createTodo', 'two')).status).toBe(500)
  expect((await it.call('deleteTodo', 'other')).status).toBe(201)
  it.proxy.always('createTodo', undefined)
  expect((await it.call('createTodo', 'three')).status).toBe(201)
  expect(it.bodies).toEqual(['planned', 'other', 'three'])
})

test('cut_midway: the server has answered, and the connection closes in the middle of the response', async () => {
  await using it = await world()
  it.proxy.next('createTodo', 'cut_midway')
  const response = await it.call('createTodo', 'done')
  await expect(response.text()).rejects.toThrow('terminated')
  expect(it.bodies).toEqual(['done'])
})

test('hold: the request waits until it is released, even if the client has left', async () => {
  await using it = await world()
  const fault = it.proxy.next('createTodo', 'hold')
  const leaving = new AbortController()
  const call = it.call('createTodo', 'late', leaving.signal)
  await fault.struck
  leaving.abort()
  await expect(call).rejects.toThrow('aborted')
  await aMoment()
  expect(it.bodies).toEqual([])
  await fault.release()
  expect(it.bodies).toEqual(['late'])
})

test('hold_answer: the response waits until it is released', async () => {
  await using it = await world()
  const fault = it.proxy.next('createTodo', 'hold_answer')
  const call = it.call('createTodo', 'done')
  await fault.struck
  expect(it.bodies).toEqual(['done'])
  expect(await Promise.race([call, aMoment()])).toBe('a moment')
  await fault.release()
  expect((await call).status).toBe(201)
})

test('refuse: the client gets a 503 in HTML, and the server receives nothing', async () => {
  await using it = await world()
  it.proxy.next('createTodo', 'refuse')
  const response = await it.call('createTodo', 'lost')
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('<h1>')
  expect(it.bodies).toEqual([])
})

test('bad_gateway: the server has answered, and the client gets a 502 in HTML', async () => {
  await using it = await world()
  it.proxy.next('createTodo', 'bad_gateway')
  const response = await it.call('createTodo', 'done')
  expect(response.status).toBe(502)
  expect(await response.text()).toContain('<h1>')
  expect(it.bodies).toEqual(['done'])
})

test('a calm proxy passes every request, also those with a planned fault', async () => {
  await using it = await world(always('cut_before'))
  it.proxy.next('createTodo', 'refuse')
  it.proxy.always('deleteTodo', { status: 500, body: '{}' })
  await it.proxy.calm()
  for (const operation of ['createTodo', 'deleteTodo', 'other']) {
    expect((await it.call(operation, operation)).status).toBe(201)
  }
})

test('an idle connection to the server ends long before the server would close it', async () => {
  await using it = await world()
  await (await it.send('x')).text()
  const open = () => promisify(it.server.getConnections.bind(it.server))()
  expect(await open()).toBe(1)
  await expect.poll(open, { timeout: 3_000 }).toBe(0)
})
