import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { connectTo, proxiedUrl } from './proxy-target.ts'

export type CuttingProxy = AsyncDisposable & {
  readonly url: string
  /** Cuts the connection that next sends these words: before the server receives them, or after its answer. */
  cutOn(words: string, when: 'before' | 'after'): void
}

/** A proxy in front of PostgreSQL that resets a connection at a chosen statement. */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  let plan: { words: string; when: 'before' | 'after' } | undefined
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connectTo(target)
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        database.destroy()
      })
    }
    client.on('data', (chunk) => {
      if (plan === undefined || !chunk.includes(plan.words)) return database.write(chunk)
      const { when } = plan
      plan = undefined
      if (when === 'before') return client.resetAndDestroy()
      database.removeAllListeners('data').once('data', () => client.resetAndDestroy())
      return database.write(chunk)
    })
    database.on('data', (chunk) => client.write(chunk))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: proxiedUrl(target, server.address() as AddressInfo),
    cutOn(words, when) {
      plan = { words, when }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
