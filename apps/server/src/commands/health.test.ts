import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { readEnvironment } from '../environment.ts'
import { health } from './health.ts'

test.for([
  [200, 0],
  [503, 1],
] as const)('a server whose /readyz is %i gives exit code %i', async ([status, code]) => {
  await using server = await serverWith(status)
  expect(await healthOf(server.port)).toBe(code)
})

test('a port on which nothing listens gives exit code 1', async () => {
  const server = await serverWith(200)
  await server[Symbol.asyncDispose]()
  expect(await healthOf(server.port)).toBe(1)
})

async function serverWith(status: number) {
  const server = createServer(({ url }, response) => {
    response.writeHead(url === '/readyz' ? status : 404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function healthOf(port: number): Promise<number> {
  const environment = readEnvironment({
    PORT: String(port),
    HOST: '0.0.0.0',
    IDEM_PUBLIC_URL: 'https://todo.example.org',
  })
  return health({ environment, words: [], options: {}, signal: new AbortController().signal })
}
