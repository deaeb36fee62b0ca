import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { createWorld } from '../test-world.ts'
import { PrismaClient } from './generated/client.ts'

export type Connection = 'a pool' | 'a connection string'

/** A database with a table of posts, and a client of Prisma. */
export async function postWorld({ max = 3, connection = 'a pool' as Connection } = {}) {
  const world = await createWorld()
  await world.admin.query('create table public.post (id uuid primary key, title text not null)')
  const pool = new pg.Pool({ connectionString: world.url, max })
  pool.on('error', () => undefined)
  const given = connection === 'a pool' ? pool : { connectionString: world.url, max }
  const plain = new PrismaClient({ adapter: new PrismaPg(given) })
  return {
    url: world.url,
    plain,
    async titles(): Promise<string[]> {
      const { rows } = await world.admin.query('select title from public.post order by title')
      return rows.map(({ title }) => title)
    },
    async [Symbol.asyncDispose]() {
      await plain.$disconnect()
      await pool.end()
      await world[Symbol.asyncDispose]()
    },
  }
}

export function post(title: string) {
  return { id: crypto.randomUUID(), title }
}
