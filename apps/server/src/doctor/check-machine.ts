import { access, constants, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mustBeWritable } from '@idem/embedded-postgres/open-data-dir'
import { mustBeOwned } from '@idem/embedded-postgres/wrong-owner-error'
import { type Finding, ok, problem, warning } from './finding.ts'

const oldestNode = 24

export function checkNode(version: string): Finding {
  const isOld = Number.parseInt(version, 10) < oldestNode
  return {
    about: 'Node',
    ...(isOld
      ? problem(`this is Node ${version}; install Node ${oldestNode} or newer`)
      : ok(version)),
  }
}

/** PostgreSQL demands that its files belong to its user. */
export async function checkDataDir(
  dataDir: string,
  user?: { readonly uid: number; readonly gid: number },
): Promise<Finding> {
  const about = 'data folder'
  try {
    for (const path of [dataDir, join(dataDir, 'postgres')]) await mustBeOwned(path, dataDir, user)
    if (await exists(dataDir)) await mustBeWritable(dataDir)
    else await access(dirname(dataDir), constants.W_OK)
  } catch (error) {
    return { about, ...problem(String(error instanceof Error ? error.message : error)) }
  }
  return { about, ...ok(dataDir) }
}

/** PostgreSQL stops accepting writes when it cannot extend its log, of which it keeps up to a gigabyte. */
const enoughBytes = 2 ** 30
const leastBytes = 100 * 2 ** 20

export async function checkDisk(
  dataDir: string,
  free: (folder: string) => Promise<number> = freeBytes,
): Promise<Finding> {
  const bytes = await free(dataDir)
  const says = `${Math.trunc(bytes / 2 ** 20)} MB free for ${dataDir}`
  const remedy = 'free space there, or move the folder and set IDEM_DATA_DIR'
  if (bytes >= enoughBytes) return { about: 'disk', ...ok(says) }
  const judge = bytes < leastBytes ? problem : warning
  return { about: 'disk', ...judge(`${says}; ${remedy}`) }
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch(() => statfs(dirname(folder)))
  return bavail * bsize
}
