import { rmdir } from 'node:fs/promises'
import { addressOf } from './address-of.ts'
import { adoptOrStart, type RunningServer } from './adopt-or-start.ts'
import { findBinaries } from './binaries.ts'
import { openDataFolder } from './data-folder.ts'
import { databaseUser } from './database-user.ts'
import { type Ownership, takeOwnership } from './ownership.ts'
import { isPostgresIn } from './process-state.ts'
import type { Place } from './spawn-postgres.ts'
import { stopPostmaster } from './stop-postmaster.ts'

export type EmbeddedPostgresSettings = {
  /** Everything is kept below it: the database, its password, its log. */
  readonly dataDir: string
  readonly log?: (line: string) => void
  /** The server went away without having been asked to; starting it again brings it back. */
  readonly onLost?: () => void
}

export type EmbeddedPostgres = {
  readonly url: string
  /** A server that a killed process had left running was found and taken over. */
  readonly adopted: boolean
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL of a data folder, or takes over the one that a killed
 * process left running there. It listens on a socket in a private folder and on
 * no port. One process at a time owns a folder; another is refused.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log = () => {},
  onLost = () => {},
}: EmbeddedPostgresSettings): Promise<EmbeddedPostgres> {
  const user = await databaseUser(dataDir)
  const binaries = await findBinaries(user)
  const { path, password } = await openDataFolder({ dataDir, binaries, user })
  const { server, url, ownership } = await startOwned(
    { dataDir, path, binaries, user },
    password,
    onLost,
  )
  const { pid, adopted, socketFolder } = server
  if (adopted) log(`Took over the PostgreSQL (process ${pid}) that was running in ${dataDir}.`)

  const stop = async () => {
    await ownership.release()
    await stopPostmaster(pid, path)
    // Empty now; one in the system's temporary folder is not to be left behind.
    await rmdir(socketFolder).catch(() => {})
  }
  let stopped: Promise<void> | undefined
  return {
    url,
    adopted,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}

type OwnedServer = {
  readonly server: RunningServer
  readonly url: string
  readonly ownership: Ownership
}

async function startOwned(
  place: Place,
  password: string,
  onLost: () => void,
): Promise<OwnedServer> {
  const server = await adoptOrStart(place)
  const url = addressOf(server.socketFolder, password)
  const isServerRunning = () => isPostgresIn(server.pid, place.path)
  try {
    const { dataDir } = place
    const ownership = await takeOwnership({ url, dataDir, isServerRunning, onLost })
    return { server, url, ownership }
  } catch (error) {
    // Killed a moment ago, it looked alive when it was found. A server of our own is not replaced.
    if (!server.adopted || isServerRunning()) throw error
    return startOwned(place, password, onLost)
  }
}
