import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type pg from 'pg'
import type { Idempotency } from '../create-idempotency.ts'
import { expressServer } from '../express/test-app.ts'
import { fastifyServer } from '../fastify/test-app.ts'
import { honoServer } from '../hono/test-app.ts'
import { createWorld, type Transaction } from '../test-world.ts'
import { effectContext } from './test-effects.ts'
import { exchange, type Sent } from './test-exchange.ts'

type Start = (idempotency: Idempotency<pg.PoolClient>) => Promise<Server>

/** Servers with equal routes, each written as its framework's documentation writes them. */
export const frameworks: Readonly<Record<string, Start>> = {
  Hono: honoServer,
  'Express 5': (idempotency) => expressServer(5, idempotency),
  'Express 4': (idempotency) => expressServer(4, idempotency),
  'Express 4.16': (idempotency) => expressServer('4.16', idempotency),
  Fastify: fastifyServer,
}

/** Two servers of one framework on one database. */
export async function httpWorld(start: Start) {
  const world = await createWorld()
  const settings = {
    rerun: 'default',
    waitMs: 1_000,
    transact: (transaction: Transaction) => (work) =>
      transaction((...args) => effectContext.run('effect', () => work(...args))),
  } satisfies Parameters<typeof world.newServer>[0]
  const servers = await Promise.all([1, 2].map(() => start(world.newServer(settings).idempotency)))
  const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    world,
    urls,
    send: (sent: Sent) => exchange(urls[0] ?? '', sent),
    /** Sends to the other server. */
    sendElsewhere: (sent: Sent) => exchange(urls[1] ?? '', sent),
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
      await world[Symbol.asyncDispose]()
    },
  }
}
