import { rmdir } from 'node:fs/promises'
import { type DataDirLock, lockDataDir } from './data-dir/data-dir-lock.ts'
import { openDataDir } from './data-dir/open-data-dir.ts'
import { findBinaries } from './os-user/binaries.ts'
import { osUserFor } from './os-user/os-user.ts'
import { connectionUrl, ensureRunning, type RunningServer } from './server/ensure-running.ts'
import { isPostgresIn } from './server/process-state.ts'
import type { Cluster } from './server/spawn-postgres.ts'
import { stopPostmaster } from './server/stop-postmaster.ts'

export type EmbeddedPostgresSettings = {
  /** Holds everything: the database, its password, its log. */
  readonly dataDir: string
  readonly log?: (line: string) => void
  /** The server exited unexpectedly; starting it again restores service. */
  readonly onLost?: () => void
}

export type EmbeddedPostgres = {
  readonly url: string
  /** True when the server was already running because the process that owned it was killed. */
  readonly adopted: boolean
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL of a data folder, or adopts the one that a killed
 * process left running there. It listens on a Unix socket in a private folder
 * and on no port. One process at a time owns a folder; another is refused.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log = () => {},
  onLost = () => {},
}: EmbeddedPostgresSettings): Promise<EmbeddedPostgres> {
  const user = await osUserFor(dataDir)
  const binaries = await findBinaries(user)
  const { path, password } = await openDataDir({ dataDir, binaries, user })
  const { server, url, lock } = await startLocked(
    { dataDir, path, binaries, user },
    password,
    onLost,
  )
  const { pid, adopted, socketDir } = server
  if (adopted) log(`Adopted the PostgreSQL (process ${pid}) that was running in ${dataDir}.`)

  const stop = async () => {
    await lock.release()
    await stopPostmaster(pid, path)
    // Empty now, and it may be in the system's temporary folder, which nobody else cleans.
    await rmdir(socketDir).catch(() => {})
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

type LockedServer = {
  readonly server: RunningServer
  readonly url: string
  readonly lock: DataDirLock
}

async function startLocked(
  cluster: Cluster,
  password: string,
  onLost: () => void,
): Promise<LockedServer> {
  const server = await ensureRunning(cluster)
  const url = connectionUrl(server.socketDir, password)
  const isServerRunning = () => isPostgresIn(server.pid, cluster.path)
  try {
    const { dataDir } = cluster
    const lock = await lockDataDir({ url, dataDir, isServerRunning, onLost })
    return { server, url, lock }
  } catch (error) {
    // An adopted server may have been killed between the look and the lock. Our own is not replaced.
    if (!server.adopted || isServerRunning()) throw error
    return startLocked(cluster, password, onLost)
  }
}
