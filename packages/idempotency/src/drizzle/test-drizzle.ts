import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { drizzle as oldestOnPg } from 'drizzle-orm-0-36/node-postgres'
import { drizzle as oldestOnPostgresJs } from 'drizzle-orm-0-36/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { causesOf } from '../causes-of.ts'
import { createIdempotency } from '../create-idempotency.ts'
import type { KeyName } from '../intent.ts'
import { createWorld } from '../test-world.ts'
import { drizzleAdapter } from './drizzle-adapter.ts'

/** The part that the tests use, which is the same on both drivers and in each release. */
type Database = ReturnType<typeof onPg>

type Options = { readonly max?: number; readonly query_timeout?: number }

type Driver = (
  url: string,
  options?: Options,
) => { readonly db: Database; readonly end: () => Promise<void> }

export const effect = pgTable('effect', { name: text().notNull() })

/** The newest release, and the oldest one that is supported. */
export const drivers = {
  'node-postgres': onPool((pool) => onPg(pool)),
  'postgres-js': onClient((client) => onPostgresJs(client)),
  'node-postgres of 0.36': onPool((pool) => oldestOnPg(pool)),
  'postgres-js of 0.36': onClient((client) => oldestOnPostgresJs(client)),
} satisfies Readonly<Record<string, Driver>>

export type DriverName = keyof typeof drivers

// The keys of an object are strings in its type.
export const driverNames = Object.keys(drivers) as DriverName[]

/** A database of its own with the adapter of that driver; `through` leads to it, as a pooler does. */
export async function drizzleWorld(driver: DriverName, options?: Options, through?: Through) {
  const world = await createWorld()
  const pooler = await through?.(world.url)
  const url = pooler?.url ?? world.url
  const { db, end } = drivers[driver](url, options)
  const adapter = drizzleAdapter(db)
  type Tx = Parameters<Parameters<typeof adapter.transaction>[0]>[0]
  const { run } = createIdempotency({ adapter })
  const make = (tx: Tx, named?: string | KeyName) =>
    tx
      .insert(effect)
      .values({ name: typeof named === 'string' ? named : 'milk' })
      .returning()
  return {
    db,
    adapter,
    run,
    make,
    world,
    url,
    async [Symbol.asyncDispose]() {
      await end()
      await pooler?.[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** Whether it is the error of a statement after the end of its effect, or Drizzle's around it. */
export function isRefused(error: unknown): boolean {
  return [...causesOf(error)].some(({ message }) =>
    message.includes('await everything that an effect starts'),
  )
}

type Through = (url: string) => Promise<AsyncDisposable & { readonly url: string }>

function onPool(drizzle: (pool: pg.Pool) => unknown): Driver {
  return (url, options) => {
    const pool = new pg.Pool({ connectionString: url, max: 5, ...options })
    pool.on('error', () => undefined)
    return { db: drizzle(pool) as Database, end: () => pool.end() }
  }
}

function onClient(drizzle: (client: postgres.Sql) => unknown): Driver {
  return (url, { max = 5 } = {}) => {
    const client = postgres({ ...clientOptions(url), max })
    return { db: drizzle(client) as Database, end: () => client.end({ timeout: 1 }) }
  }
}

/** postgres.js does not read the folder of a socket from an address. */
export function clientOptions(url: string) {
  const { searchParams, hostname, port, pathname, username, password } = new URL(url)
  return {
    host: searchParams.get('host') ?? hostname,
    port: Number(port || 5432),
    database: pathname.slice(1),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    onnotice: () => undefined,
    // The default is a wait of up to 20 s before it connects again.
    backoff: () => 0.01,
  }
}
