import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type ServerProcess = AsyncDisposable & {
  readonly url: string
  readonly pid: number
  /** All it has printed so far. */
  readonly output: () => string
  /** Sends a signal and resolves, when the process is gone, with how it ended. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ code: number | null; signal: string | null }>
}

export type ServerSettings = {
  /** A PostgreSQL of the test's own, or the folder of an embedded one. */
  readonly database: { readonly url: string } | { readonly dataDir: string }
  /** A free one unless named: a server that comes back must come back where its clients look for it. */
  readonly port?: number
  readonly variables?: Readonly<Record<string, string>>
}

const main = fileURLToPath(new URL('../../../apps/server/src/main.ts', import.meta.url))
const mostStartMs = 30_000

/** The real server, as a process of its own, for proofs that kill it. Resolves when it serves. */
export async function startServer(settings: ServerSettings): Promise<ServerProcess> {
  const { database, port = 0, variables = {} } = settings
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: String(port),
      ...('url' in database ? { DATABASE_URL: database.url } : { IDEM_DATA_DIR: database.dataDir }),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const read = (chunk: Buffer) => {
    output += chunk
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))

  const end: ServerProcess['end'] = (signal) => {
    child.kill(signal)
    return exited
  }
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The server ${why}. It said:\n${output}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`did not serve within ${mostStartMs / 1_000} s`)
    }, mostStartMs)
    child.stdout.on('data', () => {
      const served = /^serve +(http:\S+)/m.exec(output)?.[1]
      if (served === undefined) return
      clearTimeout(timer)
      resolve(served)
    })
    void exited.then(() => {
      clearTimeout(timer)
      fail('ended before it served')
    })
  })
  return {
    url,
    pid: Number(child.pid),
    output: () => output,
    end,
    async [Symbol.asyncDispose]() {
      await end('SIGTERM')
    },
  }
}
