import { setTimeout as pause } from 'node:timers/promises'
import { findPostmaster, type Postmaster } from './postmaster-pid.ts'
import { type Cluster, type Spawned, spawnPostgres } from './spawn-postgres.ts'

export type RunningServer = {
  readonly pid: number
  readonly socketDir: string
  readonly adopted: boolean
}

/** Crash recovery takes as long as the write-ahead log is long, and must not be interrupted. */
const readyWithinMs = 120_000

/** The child processes of a killed server hold its shared memory until they notice. */
const sharedMemoryFreeWithinMs = 5000

/** Adopts the server that is running in the folder, or starts one. */
export async function ensureRunning(cluster: Cluster): Promise<RunningServer> {
  const startedAt = Date.now()
  for (;;) {
    const running = await whenReady(cluster)
    if (running?.isElsewhere) throw usedElsewhere(cluster)
    if (running !== undefined) return { ...running, adopted: true }
    const spawned = await spawnPostgres(cluster)
    const started = await whenReady(cluster, spawned)
    if (started !== undefined) return { ...started, adopted: started.pid !== spawned.child.pid }
    const log = await spawned.log()
    const expired = Date.now() - startedAt > sharedMemoryFreeWithinMs
    if (!isLockedOut(log) || expired) throw startError(cluster, log)
    await pause(50)
  }
}

/** The server of the folder once it accepts connections; undefined when none is running. */
export async function whenReady(
  cluster: Pick<Cluster, 'dataDir' | 'path'>,
  spawned?: Spawned,
): Promise<Postmaster | undefined> {
  const startedAt = Date.now()
  for (;;) {
    const exited = spawned === undefined || hasExited(spawned)
    const found = await findPostmaster(cluster.path)
    if (found?.ready) return found
    if (found === undefined && exited) return undefined
    if (Date.now() - startedAt > readyWithinMs) {
      throw new Error(
        `PostgreSQL in ${cluster.path} is running but accepted no connection within ${readyWithinMs / 1000} s; read ${cluster.dataDir}/postgres.log.`,
      )
    }
    await pause(5)
  }
}

function hasExited({ child }: Spawned): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Caused by the remains of a killed server, or by a server that another process started at the same moment. */
function isLockedOut(log: string): boolean {
  return /lock file ".*" already exists|pre-existing shared memory block/.test(log)
}

function usedElsewhere({ dataDir }: Cluster): Error {
  return new Error(
    `The data folder ${dataDir} is in use in another container; stop that one first, or set IDEM_DATA_DIR to another folder. A command may run in that container (docker-compose exec idem idem COMMAND).`,
  )
}

function startError({ dataDir, path }: Cluster, log: string): Error {
  if (log.includes('No space left on device')) {
    return new Error(
      `The disk that holds ${dataDir} is full, so PostgreSQL could not start; free space there and start again. Committed data are not lost.`,
    )
  }
  const reasons = log.trim().split('\n').slice(-5).join('\n')
  return new Error(
    `PostgreSQL could not start in ${path}. Its log says:\n${reasons}\nFix that and start again.`,
  )
}

/** The URL of the database whose server listens in this folder. */
export function connectionUrl(socketDir: string, password: string): string {
  const folder = encodeURIComponent(socketDir)
  return `postgresql://idem:${password}@localhost:5432/postgres?host=${folder}&sslmode=disable`
}
