import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { addressOf, connectTo } from './detour.ts'

export type CuttableServer = AsyncDisposable & {
  readonly url: string
  /** Cuts the connection that next sends these words: before the server has them, or after it answered. */
  cutOn(words: string, when: 'before' | 'after'): void
}

/** For tests: a way to the database whose connections break at a chosen word. */
export async function cuttableServer(target: string): Promise<CuttableServer> {
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
    url: addressOf(target, server.address() as AddressInfo),
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
