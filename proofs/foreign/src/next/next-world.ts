import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { runTool } from '../run-tool.ts'
import { type ForeignServer, foreignServer } from '../server-process.ts'
import { fixtures } from './next-project.ts'

export type NextWorld = AsyncDisposable & {
  readonly server: ForeignServer
  /** The titles of all posts by their ids. */
  readonly posts: () => Promise<Record<number, string>>
  readonly notes: () => Promise<number>
}

/** A database with the tables of the app, and those of the package by its own command, and a server. */
export async function nextWorld(folder: string): Promise<NextWorld> {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const pool = starting.adopt(new pg.Pool({ connectionString: database.url, max: 2 }), (each) =>
    each.end(),
  )
  pool.on('error', () => undefined)
  await pool.query(await readFile(join(fixtures, 'tables.sql'), 'utf8'))
  const env = variables(database.url)
  await runTool(join(folder, 'node_modules/.bin/idem'), ['migrate'], { cwd: folder, env })
  const server = starting.use(
    await foreignServer({
      cwd: folder,
      args: (port) => [nextOf(folder), 'start', '--port', `${port}`, '--hostname', '127.0.0.1'],
      env,
      readyPath: '/posts',
    }),
  )
  const started = starting.move()
  return {
    server,
    async posts() {
      const { rows } = await pool.query<{ id: number; title: string }>(
        'select id, title from posts order by id',
      )
      return Object.fromEntries(rows.map(({ id, title }) => [id, title]))
    },
    async notes() {
      const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from notes')
      return rows[0]?.n ?? 0
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

export async function buildNext(folder: string): Promise<string> {
  // The pages are rendered for each request, so the build needs no database.
  const env = variables('postgresql://127.0.0.1:1/none')
  return runTool(process.execPath, [nextOf(folder), 'build'], { cwd: folder, env })
}

function nextOf(folder: string): string {
  return join(folder, 'node_modules/next/dist/bin/next')
}

function variables(databaseUrl: string) {
  return {
    DATABASE_URL: databaseUrl,
    NEXT_TELEMETRY_DISABLED: '1',
    // Vitest's own value would turn a production build into one for tests.
    NODE_ENV: undefined,
  }
}
