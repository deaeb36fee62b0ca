import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from '../os-user/binaries.ts'
import type { OsUser } from '../os-user/os-user.ts'
import { createCluster } from './create-cluster.ts'
import { finishSwap, removeAbandonedRestores } from './swap-data-dir.ts'
import { mustBeOwned } from './wrong-owner-error.ts'

export type DataDir = {
  /** PostgreSQL's own data folder. */
  readonly path: string
  readonly password: string
}

/** The data folder, created on the first start, and its password. */
export async function openDataDir({
  dataDir,
  binaries,
  user,
}: {
  readonly dataDir: string
  readonly binaries: Binaries
  readonly user: OsUser | undefined
}): Promise<DataDir> {
  const path = join(dataDir, 'postgres')
  const passwordFile = join(dataDir, 'postgres.password')
  await mustBeWritable(dataDir)
  // PostgreSQL demands it.
  await mustBeOwned(path, dataDir)
  await finishSwap(dataDir)
  await removeAbandonedRestores(dataDir)
  if (!(await holdsCluster(path, binaries))) {
    await createCluster({ dataDir, path, passwordFile, binaries, user })
  }
  return { path, password: await readPassword(passwordFile) }
}

/** @throws Error with a message for the operator */
export async function mustBeWritable(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true })
    const probe = join(dataDir, `.writable-${process.pid}`)
    await (await open(probe, 'w')).close()
    await rm(probe)
  } catch (cause) {
    // Its owner is not the reason.
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause
    await mustBeOwned(dataDir, dataDir)
    throw new Error(
      `The data folder ${dataDir} cannot be written by this user; change its owner or set IDEM_DATA_DIR to another folder.`,
      { cause },
    )
  }
}

async function holdsCluster(path: string, { major }: Binaries): Promise<boolean> {
  const version = (await readFile(join(path, 'PG_VERSION'), 'utf8').catch(unlessMissing))?.trim()
  if (version === undefined) return checkIsEmpty(path)
  if (version === major) return true
  throw new Error(
    `The data in ${path} was written by PostgreSQL ${version}, but this is PostgreSQL ${major}, which cannot read it; back it up with the release of Idem that wrote it and restore that here (docs/operating.md), or set IDEM_DATA_DIR to another folder.`,
  )
}

async function checkIsEmpty(path: string): Promise<false> {
  const entries = (await readdir(path).catch(unlessMissing)) ?? []
  if (entries.length === 0) return false
  throw new Error(
    `${path} contains files that are not a PostgreSQL database; move them away or set IDEM_DATA_DIR to another folder.`,
  )
}

export async function readPassword(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Error(
      `The database's password could not be read from ${file}; put that file back, it belongs to the data beside it.`,
      { cause },
    )
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
