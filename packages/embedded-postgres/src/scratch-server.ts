import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeAbandonedRestores, stagingDir } from './data-dir/swap-data-dir.ts'
import { giveTo, type OsUser, osUserFor } from './os-user/os-user.ts'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

export type Scratch = {
  /** The URL of a new, empty database. */
  readonly url: string
  /** Removed with the database. */
  readonly folder: string
}

/**
 * Runs a PostgreSQL of its own below that folder for a short task and removes it, also beside a server that
 * uses the same data folder. The next task removes what a killed one has left.
 */
export async function withScratchServer<T>(
  parent: string,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  await removeAbandonedRestores(parent)
  const folder = stagingDir(parent)
  try {
    await prepareStaging(parent, folder)
    return await withServer(folder, (url) => work({ url, folder }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The new data get the owner of the old ones, so that the user who could start those can start these. */
export async function prepareStaging(
  dataDir: string,
  staging: string,
): Promise<OsUser | undefined> {
  const user = await osUserFor(dataDir)
  await mkdir(join(staging, 'postgres'), { recursive: true, mode: 0o700 })
  await giveTo(user, join(staging, 'postgres'))
  // Independent of the umask: PostgreSQL's user must be able to pass through.
  await chmod(staging, 0o755)
  return user
}

/** Ends with a checkpoint, so everything is on the disk afterwards. */
export async function withServer<T>(
  dataDir: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = await startEmbeddedPostgres({ dataDir })
  try {
    return await work(server.url)
  } finally {
    await server.stop()
  }
}
