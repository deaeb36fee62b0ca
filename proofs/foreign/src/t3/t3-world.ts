import { readFile } from 'node:fs/promises'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect } from 'vitest'
import { killWhile } from '../kill-while.ts'
import { runTool } from '../run-tool.ts'
import type { ForeignServer } from '../server-process.ts'
import { fixtures } from './t3-project.ts'

/** A post that the page sends, and the number of clicks on its button. */
export type Post = { readonly name: string; readonly clicks: number }

/** A database with the tables of the app, and those of the package by its own command. */
export async function t3Database(folder: string) {
  const database = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  pool.on('error', () => undefined)
  const tables = await readFile(`${fixtures}tables.sql`, 'utf8')
  // A new connection looks in the schema of its role first, which is that of the keys here.
  await pool.query(`begin; set local search_path = public; ${tables}; commit`)
  await runTool(`${folder}/node_modules/.bin/idem`, ['migrate'], {
    cwd: folder,
    env: { DATABASE_URL: database.url },
  })
  return {
    url: database.url,
    /** For all connections that are opened from now on. */
    async useTimeZone(zone: string): Promise<void> {
      const name = new URL(database.url).pathname.slice(1)
      await pool.query(`alter database ${name} set timezone = '${zone}'`)
    },
    /** The names of all posts, in order. */
    async names(): Promise<string[]> {
      const { rows } = await pool.query('select name from "Post" order by name')
      return rows.map(({ name }) => name)
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Sends the posts like the page; resolves with the answers to each click of each. */
export async function send(
  folder: string,
  url: string,
  posts: readonly Post[],
): Promise<{ id: number; name: string }[][]> {
  const output = await runTool(process.execPath, ['drive.mjs', url, JSON.stringify(posts)], {
    cwd: folder,
  })
  return JSON.parse(output)
}

export type Run = {
  readonly folder: string
  readonly database: Awaited<ReturnType<typeof t3Database>>
  readonly server: ForeignServer
}

/** Sends 200 posts, every second one by a double click, while the server is killed three times. */
export async function expectEachOnce({ folder, database, server }: Run): Promise<void> {
  const posts: Post[] = Array.from({ length: 200 }, (_, at) => ({
    name: `post ${String(at).padStart(3, '0')}`,
    clicks: 1 + (at % 2),
  }))
  const answers = await killWhile(send(folder, server.url, posts), {
    server,
    effects: async () => (await database.names()).length,
  })
  expect(answers.map((each) => new Set(each.map(({ id }) => id)).size)).toEqual(posts.map(() => 1))
  expect(await database.names()).toEqual(posts.map(({ name }) => name))
}
