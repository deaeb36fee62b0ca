import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustBeWritable } from './data-folder.ts'
import { type DatabaseUser, databaseUser, giveTo } from './database-user.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import {
  buildingFolder,
  clearAbandonedRestores,
  exchangeData,
  finishRestore,
} from './exchange-data.ts'
import { findPostmaster } from './postmaster-file.ts'

export type ReplaceSettings = {
  readonly dataDir: string
  /** Fills the empty database of this address; when it throws, nothing is replaced. */
  readonly fill: (url: string) => Promise<void>
}

/**
 * Builds new data beside those of a data folder and exchanges them when they are
 * complete. Refused while a process uses the folder. The old data are kept, under
 * the name that is returned.
 */
export async function replaceData({ dataDir, fill }: ReplaceSettings): Promise<{
  readonly movedTo: string | undefined
}> {
  await mustBeWritable(dataDir)
  await mustBeUnused(dataDir)
  // One that was killed between its two renames left the only complete data under their second name.
  await finishRestore(dataDir)
  await clearAbandonedRestores(dataDir)
  const building = buildingFolder(dataDir)
  try {
    await prepare(dataDir, building)
    await build(building, fill)
    await keepPassword(dataDir, building)
    // Somebody may have started in the meantime, and may have been told that todos were made.
    await mustBeUnused(dataDir)
    return { movedTo: await exchangeData(dataDir, join(building, 'postgres')) }
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

/** One whose owner was killed is ended; one with an owner is a reason to refuse, in its words. */
async function mustBeUnused(dataDir: string): Promise<void> {
  if ((await findPostmaster(join(dataDir, 'postgres'))) === undefined) return
  await (await startEmbeddedPostgres({ dataDir })).stop()
}

async function build(building: string, fill: ReplaceSettings['fill']): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir: building })
  try {
    await fill(server.url)
  } finally {
    // Ends with a checkpoint: all of it is on the disk then.
    await server.stop()
  }
}

/** The new data belong to whom the old ones did, so that whoever started those can start these. */
async function prepare(dataDir: string, building: string): Promise<void> {
  const user = await databaseUser(dataDir)
  await mkdir(join(building, 'postgres'), { recursive: true, mode: 0o700 })
  await giveTo(user, join(building, 'postgres'))
  // Whatever the umask: the database's user has to get through.
  await chmod(building, 0o755)
  await sharePassword(dataDir, building, user)
}

/** One password for old and new data, or one of both could not be opened at some point. */
async function sharePassword(
  dataDir: string,
  building: string,
  user: DatabaseUser | undefined,
): Promise<void> {
  const password = await readFile(passwordFile(dataDir)).catch(() => undefined)
  if (password === undefined) return
  await writeFile(passwordFile(building), password, { mode: 0o600, flush: true })
  await giveTo(user, passwordFile(building))
}

async function keepPassword(dataDir: string, building: string): Promise<void> {
  await link(passwordFile(building), passwordFile(dataDir)).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
}

function passwordFile(folder: string): string {
  return join(folder, 'postgres.password')
}
