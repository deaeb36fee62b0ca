import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPool, type PoolSettings } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { batchPool } from '@idem/idempotency/batch'
import { createOperations } from '@idem/operations/create-operations'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { refusalStatus } from './http/refused.ts'
import { type TodoRouter, todoRouter } from './trpc/todo-router.ts'
import { createTrpcHandler } from './trpc/trpc-handler.ts'

export type World = Awaited<ReturnType<typeof createWorld>>

export type WorldSettings = {
  readonly router?: TodoRouter
  /** Opens a proxy for the connections to this address. */
  readonly through?: (
    url: string,
  ) => Promise<Pick<PoolSettings, 'url' | 'pooler'> & AsyncDisposable>
}

/** The tRPC API over HTTP, with a separate database. */
export async function createWorld({ through, router = todoRouter }: WorldSettings = {}) {
  const database = await scratchDatabase()
  const between = await through?.(database.url)
  const { url, pooler } = between ?? { url: database.url, pooler: undefined }
  const at = { url, pooler }
  const pool = createPool(at)
  const batches = batchPool((settings) => createPool({ ...at, ...settings }))
  const prisma = createPrisma(pool)
  const operations = createOperations({
    prisma,
    batchPool: batches,
    now: () => new Date(),
    policy: { retentionHours: 24 },
    tombstoneRetentionDays: 365,
    ledgerEpoch: '5f0c8d3e-0000-4000-8000-000000000000',
    installationId: '5f0c8d3e-0000-4000-8000-000000000001',
    refusalStatus,
  })
  const context = { caller: { owner: 'local' }, operations }
  const unexpected: unknown[] = []
  const handle = createTrpcHandler({
    router,
    contextOf: () => context,
    onUnexpected: (refusal) => unexpected.push(refusal),
  })
  const server = await listen((request, response) => {
    const [path = '', search] = (request.url ?? '').split(/\?(.*)/s, 2)
    void handle(request, response, path.slice('/api/trpc/'.length), new URLSearchParams(search))
  })

  return {
    pool,
    context,
    unexpected,
    url: `${server.url}/api/trpc`,
    mutate: (path: string, input: unknown) =>
      send(`${server.url}/api/trpc/${path}`, { method: 'POST', body: JSON.stringify(input) }),
    query: (path: string, input?: unknown) =>
      send(
        `${server.url}/api/trpc/${path}${input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
      ),
    async count(table: 'todo' | 'idem.idempotency_record'): Promise<number> {
      return (await pool.query(`select count(*)::int as n from ${table}`)).rows[0].n
    },
    /** A claim that is neither committed nor rolled back until it is disposed. */
    async holdKey(key: string): Promise<AsyncDisposable> {
      const client = await pool.connect()
      await client.query('begin')
      await client.query(
        `insert into idem.idempotency_record (owner_id, key, operation, fingerprint, created_at)
          values ('local', $1, 'createTodo', sha256(''), now())`,
        [key],
      )
      return {
        async [Symbol.asyncDispose]() {
          await client.query('rollback')
          client.release()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await prisma.$disconnect()
      await Promise.all([pool.end(), batches.end()])
      await between?.[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

export async function listen(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The response: its status, its exact text, and the data or the refusal in it. */
export async function send(url: string, init: RequestInit = {}) {
  const response = await fetch(url, { headers: { 'content-type': 'application/json' }, ...init })
  const text = await response.text()
  const body = text === '' ? undefined : JSON.parse(text)
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    data: body?.result?.data,
    refusal: body?.error?.data?.refusal,
  }
}
