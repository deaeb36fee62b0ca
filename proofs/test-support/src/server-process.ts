import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type ServerProcess = AsyncDisposable & {
  readonly url: string
  readonly pid: number
  /** Its output so far. */
  readonly output: () => string
  /** Sends a signal and resolves with the exit of the process. */
  readonly end: (signal: NodeJS.Signals) => Promise<Ended>
}

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type ServerSettings = {
  /** The URL of a PostgreSQL, or the folder of an embedded one. */
  readonly database: { readonly url: string } | { readonly dataDir: string }
  /** Default: a free port. A restarted server needs the port that its clients know. */
  readonly port?: number
  /** Only known variables: the server rejects others. */
  readonly variables?: Readonly<Record<string, string>>
  /** A mutant of `proofs/mutants`. */
  readonly mutant?: string | undefined
  /** The file that starts the server. Default: that of this release. */
  readonly main?: string | undefined
}

/** Applies the mutant of `IDEM_MUTANT` to the files that a process loads. */
const mutantHook = new URL('../../mutants/src/node-hook.ts', import.meta.url)

const mainOfThisRelease = fileURLToPath(
  new URL('../../../apps/server/src/main.ts', import.meta.url),
)
/** A first start creates a database; later starts take a second, beside other tests on two cores far more. */
const mostStartMs = 90_000
/** The server gives requests in progress 20 s and its database 10 s. */
const mostStopMs = 35_000

/** Starts the real server as a separate process, for proofs that kill it. Resolves when it serves. */
export async function startServer(settings: ServerSettings): Promise<ServerProcess> {
  const { main = mainOfThisRelease } = settings
  const child = spawn(process.execPath, [...mutated(settings), main], {
    env: variablesOf(settings),
    // The closed channel ends the server when a test run is killed.
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
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    NODE_ENV: 'production' as const,
    PORT: String(port),
    ...('url' in database ? { DATABASE_URL: database.url } : { IDEM_DATA_DIR: database.dataDir }),
    ...(mutant === undefined ? {} : { IDEM_MUTANT: mutant }),
    ...variables,
  }
}
