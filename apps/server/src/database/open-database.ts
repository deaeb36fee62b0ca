import { setTimeout as pause } from 'node:timers/promises'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import type { Logger } from 'pino'
import type { Environment } from '../environment.ts'

export type Database = {
  readonly url: string
  /** A short description for the startup log. */
  readonly description: string
  /** Stops the embedded server; does nothing for an external database. */
  readonly stop: () => Promise<void>
}

const restartAfterMs = 500

/** Opens the configured database: an external one by its URL, or the embedded one in the data folder. */
export async function openDatabase(environment: Environment, log: Logger): Promise<Database> {
  const { DATABASE_URL: url, IDEM_DATA_DIR: dataDir } = environment
  if (url !== undefined) return { url, description: 'by DATABASE_URL', stop: async () => undefined }

  let stopping = false
  let restarting = Promise.resolve()
  let embedded = await start()

  function start() {
    const onLost = () => {
      restarting = restart()
    }
    return startEmbeddedPostgres({ dataDir, onLost })
  }

  /** Until then requests get 503 and are retried; the pool finds the new server at the same address. */
  async function restart(): Promise<void> {
    while (!stopping) {
      log.warn('PostgreSQL exited unexpectedly; starting it again')
      try {
        embedded = await start()
        return
      } catch (error) {
        log.error({ err: error }, 'PostgreSQL could not be restarted')
        await pause(restartAfterMs)
      }
    }
  }

  return {
    url: embedded.url,
    description: embedded.adopted ? `still running in ${dataDir}` : `started in ${dataDir}`,
    async stop() {
      stopping = true
      // It may be starting a server right now, which is the one to stop.
      await restarting
      await embedded.stop()
    },
  }
}
