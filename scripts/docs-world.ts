import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '../packages/database/src/pool.ts'
import { startEmbeddedPostgres } from '../packages/embedded-postgres/src/start-embedded-postgres.ts'
import type { Command } from './docs-commands.ts'
import { root } from './house.mjs'

/**
 * A place to run what a page tells its readers to run: a folder below the
 * checkout that git ignores, data of its own, and a PostgreSQL for what the page
 * calls db.example.
 */
export async function docsWorld() {
  const data = await mkdtemp(join(tmpdir(), 'idem-docs-'))
  const dataDir = join(data, 'own')
  await mkdir(join(root, 'node_modules/.idem'), { recursive: true })
  const folder = await mkdtemp(join(root, 'node_modules/.idem/docs-'))
  const other = await startEmbeddedPostgres({ dataDir: join(data, 'other') })
  let server: Running | undefined

  async function stopServer() {
    await server?.stop()
    server = undefined
  }

  return {
    /** Throws what was printed when a block fails. One that starts the server runs until another needs it gone. */
    async run({ language, text, line }: Command): Promise<void> {
      if (language === 'sql') return await runSql(other.url, text)
      if (/^[^#]*(npm start|npm run restore|mv )/m.test(text)) await stopServer()
      const here = text
        .replaceAll('@db.example/idem', addressWithin(other.url, 'idem'))
        .replaceAll('.data/', `${dataDir}/`)
      const running = runShell(here, { cwd: folder, dataDir, line })
      if (!text.includes('npm start')) return await running.ended()
      await running.serves
      server = running
    },
    async [Symbol.asyncDispose]() {
      await stopServer()
      await other.stop()
      await rm(data, { recursive: true, force: true, maxRetries: 10 })
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Running = {
  /** Rejects with what was printed unless the code is 0. */
  readonly ended: () => Promise<void>
  readonly serves: Promise<void>
  readonly stop: () => Promise<void>
}

function runShell(
  text: string,
  { cwd, dataDir, line }: { cwd: string; dataDir: string; line: number },
): Running {
  const child = spawn('sh', ['-eu', '-c', text], {
    cwd,
    env: {
      ...withoutSettings(),
      NODE_ENV: 'production',
      PORT: '0',
      IDEM_DATA_DIR: dataDir,
      // Set to nothing, it also hides one in the .env of whoever runs the tests.
      DATABASE_URL: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  const serving = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
      if (/^serve /m.test(output)) serving.resolve()
    })
  }
  // Closed only when nobody holds it any more, however deep below.
  const closed = once(child, 'close')
  const fail = (code: unknown) =>
    new Error(`The block in line ${line} ended with ${code}:\n${output}`)
  void closed.then(([code]) => serving.reject(fail(code)))
  serving.promise.catch(() => {})
  return {
    async ended() {
      const [code] = await closed
      if (code !== 0) throw fail(code)
    },
    serves: serving.promise,
    stop: () => stopGroup(child, closed),
  }
}

/** Settings of whoever runs the tests would be ones that the page does not speak of. */
function withoutSettings() {
  const settings = /^(IDEM_|HOST$|VITEST|NODE_OPTIONS$|INIT_CWD$|npm_(lifecycle|package))/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)))
}

async function stopGroup(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  process.kill(-Number(child.pid), 'SIGTERM')
  await closed
}

/** The part of an address behind user and password. */
function addressWithin(url: string, database: string): string {
  const { host, search } = new URL(url)
  return `@${host}/${database}${search}`
}

/** Statement by statement: some refuse to be in one transaction with others. */
async function runSql(url: string, text: string): Promise<void> {
  const at = new URL(url)
  const database = /^-- in the database (\w+)$/m.exec(text)?.[1]
  if (database !== undefined) at.pathname = `/${database}`
  const pool = createPool({ url: at.href })
  try {
    for (const statement of text.split(/;$/m)) {
      if (statement.trim() !== '') await pool.query(statement)
    }
  } finally {
    await pool.end()
  }
}
