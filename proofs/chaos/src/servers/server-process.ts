import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type ServerProcess = AsyncDisposable & {
  readonly url: string
  readonly pid: number
  /** All it has printed so far. */
  readonly output: () => string
  /** Sends a signal and resolves, when the process is gone, with how it ended. */
  readonly end: (signal: NodeJS.Signals) => Promise<Ended>
}

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type ServerSettings = {
  /** A PostgreSQL of the test's own, or the folder of an embedded one. */
  readonly database: { readonly url: string } | { readonly dataDir: string }
  /** A free one unless named: a server that comes back must come back where its clients look for it. */
  readonly port?: number
  /** Only what the server knows: it refuses a setting it has never heard of. */
  readonly variables?: Readonly<Record<string, string>>
  /** A fault put into the server on purpose; one of those in `proofs/mutants`. */
  readonly mutant?: string | undefined
}

/** Puts the mutant of `IDEM_MUTANT` into the files that a process loads. */
const mutantHook = new URL('../../../mutants/src/node-hook.ts', import.meta.url)

const main = fileURLToPath(new URL('../../../../apps/server/src/main.ts', import.meta.url))
/** A first start lays out a database; everything after it takes a second. */
const mostStartMs = 30_000
/** The server gives requests under way 20 s and its database 10 s. */
const mostStopMs = 35_000

/** The real server, as a process of its own, for proofs that kill it. Resolves when it serves. */
export async function startServer(settings: ServerSettings): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...mutated(settings), main], {
    env: variablesOf(settings),
    // By the channel it learns that a test run was killed, and ends.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const exited: Promise<Ended> = once(child, 'exit').then(([code, signal]) => ({ code, signal }))

  async function end(signal: NodeJS.Signals): Promise<Ended> {
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), mostStopMs)
    const ended = await exited
    clearTimeout(timer)
    return ended
  }

  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The server ${why}. It said:\n${output}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`did not serve within ${mostStartMs / 1_000} s`)
    }, mostStartMs)
    child.stdout?.on('data', () => {
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
      if (child.exitCode !== null || child.signalCode !== null) return
      const { signal } = await end('SIGTERM')
      if (signal === 'SIGKILL') {
        throw new Error(
          `The server did not end within ${mostStopMs / 1_000} s. It said:\n${output}`,
        )
      }
    },
  }
}

function mutated({ mutant }: ServerSettings): string[] {
  return mutant === undefined ? [] : ['--import', mutantHook.href]
}

function variablesOf({ database, port = 0, variables = {}, mutant }: ServerSettings) {
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production' as const,
    PORT: String(port),
    ...('url' in database ? { DATABASE_URL: database.url } : { IDEM_DATA_DIR: database.dataDir }),
    ...(mutant === undefined ? {} : { IDEM_MUTANT: mutant }),
    ...variables,
  }
}
