import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '../../packages/database/src/pool.ts'
import { startEmbeddedPostgres } from '../../packages/embedded-postgres/src/start-embedded-postgres.ts'
import { root } from '../workspace.mjs'
import type { Command } from './docs-commands.ts'

/**
 * An environment for the commands of a page: a folder in the checkout that git ignores, a data
 * folder, and a PostgreSQL in place of the page's db.example.
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
    /** Throws the output of a block that fails. A server keeps running until a later block must stop it. */
    async run({ language, text, line }: Command): Promise<void> {
      if (language === 'sql') return await runSql(other.url, text)
      if (/^[^#]*(npm start|npm run idem restore|mv )/m.test(text)) await stopServer()
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
  /** Rejects with the output unless the exit code is 0. */
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
      // An empty value also overrides a .env file of the developer.
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
  // Closes only when every descendant process has closed it.
  const closed = once(child, 'close')
  const fail = (code: unknown) =>
    new Error(`The block in line ${line} exited with code ${code}:\n${output}`)
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

/** Settings of the developer would change what the page describes. */
function withoutSettings() {
  const settings = /^(IDEM_|HOST$|VITEST|NODE_OPTIONS$|INIT_CWD$|npm_(lifecycle|package))/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)))
}

async function stopGroup(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  process.kill(-Number(child.pid), 'SIGTERM')
  await closed
}

/** The part of a URL behind user and password. */
function addressWithin(url: string, database: string): string {
  const { host, search } = new URL(url)
  return `@${host}/${database}${search}`
}

/** Statement by statement: some cannot run in a transaction. */
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
