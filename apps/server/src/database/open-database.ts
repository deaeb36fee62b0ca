import { setTimeout as pause } from 'node:timers/promises'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import type { Logger } from 'pino'
import type { Environment } from '../environment.ts'

export type Database = {
  readonly url: string
  /** Where it is, in a few words. */
  readonly what: string
  /** Ends what was started here; a database of somebody else is left alone. */
  readonly stop: () => Promise<void>
}

const restartAfterMs = 500

/** The database that is configured: somebody's, by its address, or one of our own in the data folder. */
export async function openDatabase(environment: Environment, log: Logger): Promise<Database> {
  const { DATABASE_URL: url, IDEM_DATA_DIR: dataDir } = environment
  if (url !== undefined) return { url, what: 'by DATABASE_URL', stop: async () => undefined }

  let stopping = false
  let embedded = await start()

  function start() {
    return startEmbeddedPostgres({ dataDir, onLost: () => void bringBack() })
  }

  /** Requests are answered 503 meanwhile and come again; the pool finds the new server where the old one was. */
  async function bringBack(): Promise<void> {
    while (!stopping) {
      log.warn('PostgreSQL ended without having been asked to; starting it again')
      try {
        embedded = await start()
        return
      } catch (error) {
        log.error({ err: error }, 'PostgreSQL could not be started again')
        await pause(restartAfterMs)
      }
    }
  }

  return {
    url: embedded.url,
    what: embedded.adopted ? `still running in ${dataDir}` : `started in ${dataDir}`,
    stop() {
      stopping = true
      return embedded.stop()
    },
  }
}
