import { setTimeout as pause } from 'node:timers/promises'
import { connected } from '@idem/speed/exchange'
import { afterAll, expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import { runPoliteClients } from './polite-clients.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await isolatedServer()
afterAll(() => server[Symbol.asyncDispose]())

/** More than the writes that the server has room for. */
const connections = 400
/** Until then they take room. */
const slowBodyMs = 1_000

test(`${connections} connections whose bodies never come keep no client out`, async () => {
  const { hostname, port, host } = new URL(server.url)
  using open = new DisposableStack()
  for (let each = 0; each < connections; each += 1) {
    const socket = await connected(hostname, Number(port))
    socket.on('error', () => {})
    socket.write(
      `POST /todos HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    )
    open.defer(() => socket.destroy())
  }
  await pause(slowBodyMs)
  const { refused, wrong, perSecond } = await runPoliteClients(server.url, 2)
  expect({ refused, wrong }).toEqual({ refused: 0, wrong: [] })
  expect(perSecond).toBeGreaterThan(0)
  expect(server.errorLines()).toEqual([])
})

/** The most connections that the server keeps open. */
const mostConnections = 1_000

test(`${mostConnections} connections that send nothing keep no client out`, async () => {
  const { hostname, port } = new URL(server.url)
  using open = new DisposableStack()
  for (let each = 0; each < mostConnections; each += 1) {
    const socket = await connected(hostname, Number(port))
    socket.on('error', () => {})
    open.defer(() => socket.destroy())
  }
  const { refused, wrong, perSecond } = await runPoliteClients(server.url, 1)
  expect({ refused, wrong }).toEqual({ refused: 0, wrong: [] })
  expect(perSecond).toBeGreaterThan(0)
})
