import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import { testDataDir } from '@idem/embedded-postgres/test-data-dir'
import { afterAll, beforeAll } from 'vitest'
import type { commands } from '../command-line/commands.ts'

export type CommandName = keyof typeof commands
export type Ended = {
  readonly code: number | null
  readonly out: string
  readonly errorOutput: string
}
export type World = Awaited<ReturnType<typeof world>>

const idem = fileURLToPath(new URL('../idem.ts', import.meta.url))

/** A temporary folder with the embedded data; everything that runs there is stopped at the end. */
export async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'idem-command-'))
  const dataDir = join(folder, 'data')
  const children: ChildProcess[] = []

  function launch(args: readonly string[], { variables = {}, limit = 'true' }: Circumstances = {}) {
    const line = [process.execPath, idem, ...args]
    const child = spawn('sh', ['-c', `${limit}; exec "$@"`, 'sh', ...line], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        NODE_ENV: 'production',
        PORT: '0',
        IDEM_DATA_DIR: dataDir,
        ...variables,
      },
      // The closed channel ends the server when a test run is killed.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    children.push(child)
    return child
  }

  return {
    folder,
    dataDir,
    inFolder: (name: string) => join(folder, name),
    dataFiles: () => readdir(dataDir),
    /** A command of `idem`, as a process to observe or kill. */
    begin(name: CommandName, args: readonly string[] = [], variables: Variables = {}) {
      const child = launch([name, ...args], { variables })
      return { child, ended: endOf(child) }
    },
    async run(name: CommandName, args: readonly string[] = [], variables: Variables = {}) {
      return await endOf(launch([name, ...args], { variables }))
    },
    /** Runs it after a shell command that limits its resources. */
    async runWithin(limit: string, name: CommandName, args: readonly string[]) {
      return await endOf(launch([name, ...args], { limit }))
    },
    /** Runs the server until it is stopped. */
    async serve(variables: Variables = {}) {
      const child = launch(['serve'], { variables })
      return await serving(child)
    },
    /** A start that fails. */
    refusedStart: (variables: Variables = {}) => endOf(launch(['serve'], { variables })),
    async [Symbol.asyncDispose]() {
      for (const child of children) await stop(child, 'SIGTERM')
      await stopLeftBehind(dataDir)
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Gives worlds whose database was started once, for the tests of a file. */
export function usedWorlds() {
  let used: Awaited<ReturnType<typeof testDataDir>>
  beforeAll(async () => {
    used = await testDataDir()
  })
  afterAll(() => used[Symbol.asyncDispose]())
  return async () => {
    const it = await world()
    await used.copyTo(it.dataDir)
    return it
  }
}

type Variables = Readonly<Record<string, string>>
type Circumstances = { readonly variables?: Variables; readonly limit?: string }

async function serving(child: ChildProcess) {
  let out = ''
  const ended = endOf(child)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += chunk
      const served = /^serve +(http:\S+)/m.exec(out)?.[1]
      if (served !== undefined) resolve(served)
    })
    void ended.then(({ errorOutput }) =>
      reject(new Error(`The server exited before it served: ${errorOutput}`)),
    )
  })
  return {
    url,
    /** What it has printed so far. */
    output: () => out,
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      await stop(child, signal)
    },
    /** A REST call; returns the exact text of the answer. */
    async call(method: string, path: string, { key, body }: Call = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const isReplay = response.headers.get('idempotent-replayed') === 'true'
      return { status: response.status, text, isReplay }
    },
    async ledgerEpoch(): Promise<string> {
      const response = await fetch(`${url}/api/trpc/policy`)
      const { result } = (await response.json()) as { result: { data: { ledgerEpoch: string } } }
      return result.data.ledgerEpoch
    },
  }
}

type Call = { readonly key?: string; readonly body?: unknown }

async function endOf(child: ChildProcess): Promise<Ended> {
  let out = ''
  let errorOutput = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errorOutput += chunk
  })
  const [code] = await once(child, 'close')
  return { code, out, errorOutput: errorOutput.trim() }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** A PostgreSQL that a killed process left running; one that was stopped has removed its pid file. */
async function stopLeftBehind(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, 'postgres', 'postmaster.pid'))) return
  const server = await startEmbeddedPostgres({ dataDir }).catch(() => undefined)
  await server?.stop()
}

/** The processes whose working directory is in the folder, such as a PostgreSQL in its data. */
export async function processesIn(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return pids.filter((_, index) => places[index]?.startsWith(folder))
}
