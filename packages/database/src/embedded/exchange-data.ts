import { access, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { findPostmaster } from './postmaster-file.ts'
import { isRunning } from './process-state.ts'
import { removeStubborn } from './remove-stubborn.ts'
import { stopPostmaster } from './stop-postmaster.ts'
import { syncFolder } from './sync-folder.ts'

const building = 'restoring-'
const complete = 'postgres.restored-'

/** Where this process builds data that are to take the place of others. */
export function buildingFolder(dataDir: string): string {
  return join(dataDir, `${building}${process.pid}`)
}

/**
 * Puts data that are complete, and whose server has ended, in the place of those
 * that are there. Killed at any point, the next start finds the old data or, by
 * `finishRestore`, the new ones: under its second name the new folder says that
 * it is complete, before the old one leaves its place.
 *
 * Returns where the old data are now; undefined where there were none.
 */
export async function exchangeData(dataDir: string, built: string): Promise<string | undefined> {
  const path = join(dataDir, 'postgres')
  const ready = join(dataDir, `${complete}${process.pid}`)
  await rename(built, ready)
  await syncFolder(dataDir)
  const aside = `${path}.before-${new Date().toISOString().replaceAll(':', '-')}`
  const isMoved = await rename(path, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return false
    },
  )
  await finishRestore(dataDir)
  if (await exists(path)) return isMoved ? aside : undefined
  if (isMoved) await rename(aside, path)
  throw new Error(
    `Somebody removed ${ready} while it was being put in place, so the data are as they were; let one process at a time restore.`,
  )
}

/** Where data are missing and complete new ones stand beside their place, an exchange was cut short: it is ended. */
export async function finishRestore(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postgres')
  if (await exists(path)) return
  const found = (await readdir(dataDir)).filter((name) => name.startsWith(complete)).sort()
  for (const name of found) {
    // Another process may do the same at this moment; one of both succeeds.
    await rename(join(dataDir, name), path).catch(unlessDone)
    await syncFolder(dataDir)
  }
}

/** Removes what restores that were killed have left, and ends their servers. */
export async function clearAbandonedRestores(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const [, prefix, pid] = /^(restoring-|postgres\.restored-)(\d+)$/.exec(name) ?? []
    if (prefix === undefined || isRunning(Number(pid))) continue
    await endServer(join(dataDir, name, 'postgres'))
    await removeStubborn(join(dataDir, name))
  }
}

async function endServer(path: string): Promise<void> {
  const running = await findPostmaster(path)
  if (running !== undefined) await stopPostmaster(running.pid, path)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function unlessDone(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error
}
