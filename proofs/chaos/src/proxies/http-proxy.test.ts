import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { seeded } from '../random.ts'
import type { Chances } from './draw.ts'
import { type HttpFault, httpProxy } from './http-proxy.ts'

const answer = 'The answer is long enough to be cut into several pieces. '.repeat(10)

/** A server that answers everything and keeps count, with a proxy in front of it. */
async function world(chances: Chances<HttpFault>) {
  const bodies: string[] = []
  const server = createServer(async (incoming, outgoing) => {
    bodies.push(Buffer.concat(await incoming.toArray()).toString())
    outgoing.writeHead(201, { 'x-told': 'yes' }).end(answer)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const targets = [`http://127.0.0.1:${port}`]
  const proxy = await httpProxy({ targets, random: seeded(1), chances })
  return {
    proxy,
    bodies,
    send: (body: string, signal?: AbortSignal) =>
      fetch(proxy.url, { method: 'POST', body, ...(signal && { signal }) }),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Every request meets it. */
function always(fault: HttpFault): Chances<HttpFault> {
  return { [fault]: 1_000 }
}

test('without a fault a request and its answer pass as they are', async () => {
  await using it = await world({})
  const response = await it.send('once')
  expect(response.status).toBe(201)
  expect(response.headers.get('x-told')).toBe('yes')
  expect(await response.text()).toBe(answer)
  expect(it.bodies).toEqual(['once'])
  expect(it.proxy.requests()).toBe(1)
  expect(Math.max(...Object.values(it.proxy.met()))).toBe(0)
})

test('cut before: the server has heard nothing, the client is cut off', async () => {
  await using it = await world(always('cut_before'))
  await expect(it.send('once')).rejects.toThrow()
  expect(it.bodies).toEqual([])
  expect(it.proxy.met().cut_before).toBe(1)
})

test('cut after: the server has answered, the client is cut off without a byte of it', async () => {
  await using it = await world(always('cut_after'))
  await expect(it.send('once')).rejects.toThrow()
  expect(it.bodies).toEqual(['once'])
})

test('late: the client is cut off first, and the server hears of it all the same', async () => {
  await using it = await world(always('late'))
  await expect(it.send('once')).rejects.toThrow()
  await it.proxy.calm()
  expect(it.bodies).toEqual(['once'])
})

test('hang: the server has answered, and the client hears nothing until it gives up', async () => {
  await using it = await world(always('hang'))
  const gaveUp = new AbortController()
  const sent = it.send('once', gaveUp.signal)
  await expect.poll(() => it.bodies).toEqual(['once'])
  const first = await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 100))])
  expect(first).toBeUndefined()
  gaveUp.abort()
  await expect(sent).rejects.toThrow(/abort/)
})

test('duplicate: the server hears it twice, the client is answered once', async () => {
  await using it = await world(always('duplicate'))
  expect(await (await it.send('once')).text()).toBe(answer)
  await it.proxy.calm()
  expect(it.bodies).toEqual(['once', 'once'])
})

test('delay: the request comes late, and is answered', async () => {
  await using it = await world(always('delay'))
  const begun = performance.now()
  for (let sent = 0; sent < 10; sent += 1) {
    expect(await (await it.send('once')).text()).toBe(answer)
  }
  // A tenth of a second each, on the average.
  expect(performance.now() - begun).toBeGreaterThan(300)
  expect(it.bodies.length).toBe(10)
})

test('slice: the answer comes in several pieces, and whole', async () => {
  await using it = await world(always('slice'))
  const { hostname, port } = new URL(it.proxy.url)
  const socket = connect(Number(port), hostname)
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece)
  expect(pieces.length).toBeGreaterThan(2)
  expect(Buffer.concat(pieces).toString().endsWith(answer)).toBe(true)
})

test('faults come as often as they should, and from a seed', async () => {
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

test('once it is calm nothing happens to anybody any more', async () => {
  await using it = await world(always('cut_before'))
  await it.proxy.calm()
  expect((await it.send('once')).status).toBe(201)
})

test('of several servers each gets its share, and one that is away looks like a cut', async () => {
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
