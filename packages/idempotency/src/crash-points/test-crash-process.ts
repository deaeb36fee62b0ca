import type { SQL } from 'drizzle-orm'
import pg from 'pg'
import type { IdempotencyAdapter } from '../adapter.ts'
import { createIdempotency } from '../create-idempotency.ts'
import type { DrizzleLike } from '../drizzle/drizzle-adapter.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import type { AdapterName, AttemptResult, Sent } from './test-crash-world.ts'

// A process that a test may kill. It runs the intents that it is sent, over the adapter of its first
// argument, on the database of the second.

class Declined extends Error {}

/** An attempt takes some 10 ms, and a duplicate of a hanging one waits for all of this. */
const waitMs = 300

/** Each loads its libraries alone: the start of a process is most of the cost of a crash. */
const adapters: Readonly<Record<AdapterName, (url: string) => Promise<Run>>> = {
  async pg(url) {
    const { pgAdapter } = await import('../pg/pg-adapter.ts')
    return runOver(pgAdapter(poolOf(url)), (tx, key) =>
      tx.query('insert into effect values ($1)', [key]),
    )
  },
  async prisma(url) {
    const { PrismaPg } = await import('@prisma/adapter-pg')
    const { PrismaClient } = await import('../prisma/generated/client.ts')
    const { prismaAdapter } = await import('../prisma/prisma-adapter.ts')
    const client = new PrismaClient({ adapter: new PrismaPg(poolOf(url)) })
    return runOver(
      prismaAdapter(client),
      (tx, key) => tx.$executeRaw`insert into effect values (${key})`,
    )
  },
  async 'drizzle-on-pg'(url) {
    const { drizzle } = await import('drizzle-orm/node-postgres')
    return overDrizzle(drizzle(poolOf(url)))
  },
  async 'drizzle-on-postgres.js'(url) {
    const { drizzle } = await import('drizzle-orm/postgres-js')
    const { default: postgres } = await import('postgres')
    const client = postgres(url, {
      max: 3,
      // The default is a wait of up to 20 s before it connects again.
      backoff: () => 0.01,
      // The statement that reads them with the first connection has a random name.
      fetch_types: false,
      onnotice: () => undefined,
    })
    return overDrizzle(drizzle(client))
  },
}

type Executor = { execute(statement: SQL): PromiseLike<unknown> }

async function overDrizzle<Tx extends Executor>(db: DrizzleLike<Tx>): Promise<Run> {
  const { sql } = await import('drizzle-orm')
  const { drizzleAdapter } = await import('../drizzle/drizzle-adapter.ts')
  return runOver(drizzleAdapter(db), (tx, key) =>
    tx.execute(sql`insert into effect values (${key})`),
  )
}

type Run = (sent: Sent) => Promise<AttemptResult>

function runOver<Tx>(
  adapter: IdempotencyAdapter<Tx>,
  insertKey: (tx: Tx, key: string) => PromiseLike<unknown>,
): Run {
  const { run } = createIdempotency({
    adapter,
    waitMs,
    storeError: (error) => (error instanceof Declined ? error.message : undefined),
    restoreError: (stored) => new Declined(String(stored)),
  })
  return async ({ key, declines }) => {
    const make = async (tx: Tx) => {
      await insertKey(tx, key)
      if (declines) throw new Declined(`not ${key}`)
      return { made: key }
    }
    try {
      return { text: (await run({ owner: 'ann', operation: 'make', key }, make)).text }
    } catch (error) {
      if (error instanceof Declined) return { text: JSON.stringify(error.message) }
      return { code: error instanceof IdempotencyError ? error.code : String(error) }
    }
  }
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 3 })
  pool.on('error', () => undefined)
  return pool
}

const [, , adapter = '', url = ''] = process.argv
const opened = Object.entries(adapters).find(([name]) => name === adapter)?.[1](url)
process.on('message', async (sent: Sent & { readonly id: number }) => {
  const run = await opened
  if (run === undefined) throw new RangeError(`Expected an adapter, received ${adapter}.`)
  process.send?.({ id: sent.id, result: await run(sent) })
})
process.on('disconnect', () => process.exit())
