import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustBeWritable } from './data-dir/open-data-dir.ts'
import {
  finishSwap,
  removeAbandonedRestores,
  stagingDir,
  swapDataDir,
} from './data-dir/swap-data-dir.ts'
import { giveTo, type OsUser } from './os-user/os-user.ts'
import { prepareStaging, withServer } from './scratch-server.ts'
import { findPostmaster } from './server/postmaster-pid.ts'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

export type ReplaceSettings = {
  readonly dataDir: string
  /** Fills the empty database at this URL; when it throws, nothing is replaced. */
  readonly fill: (url: string) => Promise<void>
}

/**
 * Builds new data beside those of a data folder and swaps them when they are
 * complete. Refused while a process uses the folder. The old data are kept under
 * the name that is returned.
 */
export async function replaceData({ dataDir, fill }: ReplaceSettings): Promise<{
  readonly movedTo: string | undefined
}> {
  await mustBeWritable(dataDir)
  await mustBeUnused(dataDir)
  // A restore that was killed between its two renames left the only complete data under a temporary name.
  await finishSwap(dataDir)
  await removeAbandonedRestores(dataDir)
  const staging = stagingDir(dataDir)
  try {
    await sharePassword(dataDir, staging, await prepareStaging(dataDir, staging))
    await withServer(staging, fill)
    await keepPassword(dataDir, staging)
    // A server may have started in the meantime and may have acknowledged writes.
    await mustBeUnused(dataDir)
    return { movedTo: await swapDataDir(dataDir, join(staging, 'postgres')) }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Stops a server whose owner was killed; a server with a living owner refuses, with its own message. */
async function mustBeUnused(dataDir: string): Promise<void> {
  if ((await findPostmaster(join(dataDir, 'postgres'))) === undefined) return
  await (await startEmbeddedPostgres({ dataDir })).stop()
}

/** Old and new data have one password, or a crash between the renames would leave data that no password opens. */
async function sharePassword(
  dataDir: string,
  staging: string,
  user: OsUser | undefined,
): Promise<void> {
  const password = await readFile(passwordFile(dataDir)).catch(() => undefined)
  if (password === undefined) return
  await writeFile(passwordFile(staging), password, { mode: 0o600, flush: true })
  await giveTo(user, passwordFile(staging))
}

async function keepPassword(dataDir: string, staging: string): Promise<void> {
  await link(passwordFile(staging), passwordFile(dataDir)).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
}

function passwordFile(folder: string): string {
  return join(folder, 'postgres.password')
}
