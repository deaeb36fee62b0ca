import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { runTool } from '../run-tool.ts'

type Settings = {
  readonly folder: string
  readonly databaseUrl: string
  /** `next dev` compiles what is asked for, `next start` serves what was built. */
  readonly mode: 'dev' | 'start'
}

export type T3Server = AsyncDisposable & {
  readonly url: string
  /** Ends every process of it at once and starts it again on its port. */
  readonly killAndRestart: () => Promise<void>
}

/** The cookie of the session that `tables.sql` makes. */
const cookie = 'authjs.session-token=session-of-ann'

/** On two busy cores the first request of `next dev` takes a minute. */
const mostStartMs = 240_000

export async function t3Server(settings: Settings): Promise<T3Server> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child = await started(settings, port)
  return {
    url,
    async killAndRestart() {
      await killed(child)
      child = await started(settings, port)
    },
    [Symbol.asyncDispose]: () => killed(child),
  }
}

export async function buildT3({ folder, databaseUrl }: Omit<Settings, 'mode'>): Promise<void> {
  const env = variables(databaseUrl)
  await runTool(process.execPath, [nextOf(folder), 'build'], { cwd: folder, env })
}

async function started({ folder, databaseUrl, mode }: Settings, port: number) {
  const parts = mode === 'dev' ? ['dev', '--turbopack'] : ['start']
  const address = ['--port', String(port), '--hostname', '127.0.0.1']
  const child = spawn(process.execPath, [nextOf(folder), ...parts, ...address], {
    cwd: folder,
    env: { ...process.env, ...variables(databaseUrl) },
    // A process group of its own, because the server is a child of this command.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-10_000)
    })
  }
  try {
    await answers(child, `http://127.0.0.1:${port}/api/trpc/post.getLatest`)
    return child
  } catch (error) {
    await killed(child)
    throw new Error(`The T3 app did not serve. It said:\n${output}`, { cause: error })
  }
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + mostStartMs
  for (;;) {
    const response = await fetch(url, { headers: { cookie } }).catch(() => undefined)
    if (response?.ok) return
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`)
    if (performance.now() > deadline) throw new Error(`It answered ${response?.status}.`)
    await pause(200)
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await exited
}

function nextOf(folder: string): string {
  return `${folder}/node_modules/next/dist/bin/next`
}

function variables(databaseUrl: string) {
  return {
    DATABASE_URL: databaseUrl,
    AUTH_SECRET: 'of a test',
    AUTH_TRUST_HOST: 'true',
    AUTH_DISCORD_ID: 'none',
    AUTH_DISCORD_SECRET: 'none',
    NEXT_TELEMETRY_DISABLED: '1',
    // Vitest's own would make a production build one for tests.
    NODE_ENV: undefined,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
