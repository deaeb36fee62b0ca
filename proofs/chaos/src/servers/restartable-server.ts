import {
  type ServerProcess,
  type ServerSettings,
  startServer,
} from '@idem/test-support/server-process'

export type RestartableServer = AsyncDisposable & {
  readonly now: ServerProcess
  /** The duration in ms. */
  readonly restart: () => Promise<number>
}

/** Like a supervisor: a start whose database connection is cut fails, and the next one succeeds. */
const mostStarts = 5

/** A server that can be restarted on its port. */
export async function restartableServer(settings: ServerSettings): Promise<RestartableServer> {
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
