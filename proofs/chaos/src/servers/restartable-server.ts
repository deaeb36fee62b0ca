import { type ServerProcess, type ServerSettings, startServer } from './server-process.ts'

export type RestartableServer = AsyncDisposable & {
  readonly now: ServerProcess
  /** How long it took, in milliseconds. */
  readonly restart: () => Promise<number>
}

/** As a supervisor would: a start whose own connection to the database is cut ends, and the next one is well. */
const mostStarts = 5

/** A server that comes back where it was. */
export async function restartableServer(
  settings: Omit<ServerSettings, 'port'>,
): Promise<RestartableServer> {
  let now: ServerProcess = await startServer(settings)
  const port = Number(new URL(now.url).port)
  return {
    get now() {
      return now
    },
    async restart() {
      const begun = performance.now()
      now = await startAgain({ ...settings, port })
      return performance.now() - begun
    },
    [Symbol.asyncDispose]: () => now[Symbol.asyncDispose](),
  }
}

async function startAgain(settings: ServerSettings): Promise<ServerProcess> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await startServer(settings)
    } catch (error) {
      if (starts === mostStarts) throw error
    }
  }
}
