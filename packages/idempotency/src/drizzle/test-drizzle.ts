import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'

/** The part that the tests use, which is the same on both drivers. */
type Database = ReturnType<typeof onPg>

export type Driver = (url: string) => { readonly db: Database; readonly end: () => Promise<void> }

export const effect = pgTable('effect', { name: text().notNull() })

export const drivers = {
  'node-postgres'(url: string) {
    const pool = new pg.Pool({ connectionString: url, max: 5 })
    pool.on('error', () => undefined)
    return { db: onPg(pool), end: () => pool.end() }
  },

  'postgres-js'(url: string) {
    const { searchParams, hostname, port, pathname, username, password } = new URL(url)
    // It does not read a socket folder from an address.
    const client = postgres({
      host: searchParams.get('host') ?? hostname,
      port: Number(port || 5432),
      database: pathname.slice(1),
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      max: 5,
      onnotice: () => undefined,
    })
    // Two types with the same methods.
    const db = onPostgresJs(client) as unknown as Database
    return { db, end: () => client.end({ timeout: 1 }) }
  },
} satisfies Readonly<Record<string, Driver>>
