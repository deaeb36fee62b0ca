import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createHttpServer } from './http-server.ts'

/** A server for two connections, which counts requests. */
async function world() {
  let requests = 0
  const server = createHttpServer(2)
  server.on('request', (_, response) => {
    requests += 1
    response.end('served')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    requests: () => requests,
    async connect() {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      await once(socket, 'connect')
      return socket
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The response on this connection, or nothing when the server closes it. */
async function askOn(socket: Socket): Promise<string> {
  let received = ''
  const ended = Promise.withResolvers<string>()
  socket.on('data', (chunk) => {
    received += chunk
    if (received.includes('served')) ended.resolve(received)
  })
  socket.once('close', () => ended.resolve(received))
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  return await ended.promise
}

test('a connection beyond the limit is closed without a response, and the others are served', async () => {
  await using it = await world()
  const [first, second] = [await it.connect(), await it.connect()]
  expect(await askOn(first)).toContain('served')
  expect(await askOn(second)).toContain('served')
  expect(await askOn(await it.connect())).toBe('')
  expect(await askOn(first)).toContain('served')
  expect(it.requests()).toBe(3)
  first.destroy()
  await expect.poll(async () => await askOn(await it.connect())).toContain('served')
})

test('a connection beyond the limit takes the place of the oldest one that has sent no request', async () => {
  await using it = await world()
  const [oldest, silent] = [await it.connect(), await it.connect()]
  const closed = once(oldest.resume(), 'close')
  expect(await askOn(await it.connect())).toContain('served')
  await closed
  expect(await askOn(silent)).toContain('served')
})

test('a connection that sends nothing, or half a head, is closed after five seconds', async () => {
  await using it = await world()
  const begun = performance.now()
  const sockets = [await it.connect(), await it.connect()]
  sockets.at(-1)?.write('GET / HTTP/1.1\r\nhost')
  for (const socket of sockets) socket.resume()
  await Promise.all(sockets.map((socket) => once(socket, 'close')))
  const seconds = (performance.now() - begun) / 1_000
  expect(seconds).toBeGreaterThan(4.9)
  expect(seconds).toBeLessThan(6.5)
})
