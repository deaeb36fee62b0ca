import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { lockDataDir } from './data-dir-lock.ts'

/** A PostgreSQL that rejects every session with this SQLSTATE. */
async function rejectingServer(state: string) {
  const fields = Buffer.from(`SFATAL\0C${state}\0Mno\0\0`)
  const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4])
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.concat([head, fields])))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `postgresql://idem@127.0.0.1:${port}/idem?sslmode=disable`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

test('a database whose disk is full is reported at once, and one that recovers is waited for', {
  timeout: 5_000,
}, async () => {
  const settings = { dataDir: '/data', onLost: () => {} }
  let looks = 0
  const isServerRunning = () => ++looks < 3
  await using full = await rejectingServer('53100')
  await expect(lockDataDir({ ...settings, url: full.url, isServerRunning })).rejects.toMatchObject({
    code: '53100',
  })
  expect(looks).toBe(1)
  looks = 0
  await using recovering = await rejectingServer('57P03')
  await expect(
    lockDataDir({ ...settings, url: recovering.url, isServerRunning }),
  ).rejects.toMatchObject({ code: '57P03' })
  expect(looks).toBe(3)
})
