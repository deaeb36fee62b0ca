import { access, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { findPostmaster } from '../server/postmaster-pid.ts'
import { isRunning } from '../server/process-state.ts'
import { stopPostmaster } from '../server/stop-postmaster.ts'
import { fsyncDir } from './fsync-dir.ts'
import { removeWithRetries } from './remove-with-retries.ts'

const stagingPrefix = 'restoring-'
const completePrefix = 'postgres.restored-'

/** The folder in which this process builds replacement data. */
export function stagingDir(dataDir: string): string {
  return join(dataDir, `${stagingPrefix}${process.pid}`)
}

/**
 * Replaces the data with new data that are complete and whose server has stopped.
 * After a kill at any point the next start finds the old data or, through
 * `finishSwap`, the new data: the new folder gets a name that marks it as
 * complete before the old one is moved away.
 *
 * Returns the new path of the old data; undefined when there were none.
 */
export async function swapDataDir(dataDir: string, built: string): Promise<string | undefined> {
  const path = join(dataDir, 'postgres')
  const complete = join(dataDir, `${completePrefix}${process.pid}`)
  await rename(built, complete)
  await fsyncDir(dataDir)
  const backup = `${path}.before-${new Date().toISOString().replaceAll(':', '-')}`
  const isMoved = await rename(path, backup).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return false
    },
  )
  await finishSwap(dataDir)
  if (await exists(path)) return isMoved ? backup : undefined
  if (isMoved) await rename(backup, path)
  throw new Error(
    `Another process removed ${complete} during the restore, so the data are unchanged; run one restore at a time.`,
  )
}

/** Completes an interrupted swap: when the data are missing and complete new data are beside them, renames those. */
export async function finishSwap(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postgres')
  if (await exists(path)) return
  const found = (await readdir(dataDir)).filter((name) => name.startsWith(completePrefix)).sort()
  for (const name of found) {
    // Another process may do the same at this moment; one of the two renames succeeds.
    await rename(join(dataDir, name), path).catch(unlessDone)
    await fsyncDir(dataDir)
  }
}

/** Removes the remains of killed restores and stops their servers. */
export async function removeAbandonedRestores(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const [, prefix, pid] = /^(restoring-|postgres\.restored-)(\d+)$/.exec(name) ?? []
    if (prefix === undefined || isRunning(Number(pid))) continue
    await stopServer(join(dataDir, name, 'postgres'))
    await removeWithRetries(join(dataDir, name))
  }
}

async function stopServer(path: string): Promise<void> {
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
