import { setTimeout as pause } from 'node:timers/promises'
import { findPostmaster, type Postmaster } from './postmaster-file.ts'
import { type Place, type Spawned, spawnPostgres } from './spawn-postgres.ts'

export type RunningServer = {
  readonly pid: number
  readonly socketFolder: string
  readonly adopted: boolean
}

/** Replaying the log after a crash takes as long as the log is; a server that is at it is not hurried. */
const readyWithinMs = 120_000

/** The processes of a server that was killed take a moment to notice, and hold its memory until they do. */
const lockFreeWithinMs = 5000

/** Takes over the server that runs in the folder, or starts one. */
export async function adoptOrStart(place: Place): Promise<RunningServer> {
  const begun = Date.now()
  for (;;) {
    const running = await whenReady(place)
    if (running !== undefined) return { ...running, adopted: true }
    const spawned = await spawnPostgres(place)
    const started = await whenReady(place, spawned)
    if (started !== undefined) return { ...started, adopted: started.pid !== spawned.child.pid }
    const said = await spawned.said()
    if (!isLockedOut(said) || Date.now() - begun > lockFreeWithinMs) throw failure(place, said)
    await pause(50)
  }
}

/** The server of the folder once it takes connections; undefined when none is running. */
export async function whenReady(
  place: Pick<Place, 'dataDir' | 'path'>,
  spawned?: Spawned,
): Promise<Postmaster | undefined> {
  const begun = Date.now()
  for (;;) {
    const ended = spawned === undefined || hasEnded(spawned)
    const found = await findPostmaster(place.path)
    if (found?.ready) return found
    if (found === undefined && ended) return undefined
    if (Date.now() - begun > readyWithinMs) {
      throw new Error(
        `PostgreSQL in ${place.path} is running but took no connection within ${readyWithinMs / 1000} s; read ${place.dataDir}/postgres.log.`,
      )
    }
    await pause(5)
  }
}

function hasEnded({ child }: Spawned): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** By the remains of a server, or by one that another process started in the same moment. */
function isLockedOut(said: string): boolean {
  return /lock file ".*" already exists|pre-existing shared memory block/.test(said)
}

function failure({ path }: Place, said: string): Error {
  const reasons = said.trim().split('\n').slice(-5).join('\n')
  return new Error(
    `PostgreSQL could not start in ${path}. It said:\n${reasons}\nMend that and start again.`,
  )
}
