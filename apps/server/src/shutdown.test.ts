import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { drain, drainMs } from './shutdown.ts'

test('a request in progress is answered before the server closes, and no new one is accepted', async () => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const server = createServer(async (_request, response) => {
    arrived.resolve()
    await release.promise
    response.end('done')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = fetch(`http://127.0.0.1:${port}`)
  await arrived.promise
  const drained = drain(server, drainMs.asked)
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow()
  release.resolve()
  expect(await (await answer).text()).toBe('done')
  await drained
})

test('an idle connection does not keep the server open', async () => {
  const server = createServer((_request, response) => response.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await drain(server, drainMs.asked)
  await closed
})
