import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canAccess } from './can-access.ts'
import type { OsUser } from './os-user.ts'
import { packageFolder } from './package-folder.ts'
import { worldReadableCopy } from './world-readable-copy.ts'

export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  /** One major version cannot read the data of another. */
  readonly major: string
}

/** The binaries of the npm package, at a path that PostgreSQL's user can access. */
export async function findBinaries(user: OsUser | undefined): Promise<Binaries> {
  const { native, name, version } = await packagedBinaries()
  const accessible = await canAccess(user, join(native, 'bin', 'postgres'))
  const folder = accessible ? native : await worldReadableCopy(native, join(copiesDir, name))
  return {
    initdb: join(folder, 'bin', 'initdb'),
    postgres: join(folder, 'bin', 'postgres'),
    major: version.split('.')[0] ?? version,
  }
}

/** No other user can execute a file below root's private folders, so the binaries (59 MB) are copied here. */
const copiesDir = '/var/lib/idem'

async function packagedBinaries(): Promise<{ native: string; name: string; version: string }> {
  const platform = `${process.platform}-${process.arch}`
  try {
    // Node has no Unix sockets on Windows, so the binaries there would need a port.
    if (process.platform === 'win32')
      throw new Error('Node does not support Unix sockets on Windows.')
    const folder = packageFolder(platform)
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return { native: join(folder, 'native'), name: `postgres-${version}-${platform}`, version }
  } catch (cause) {
    throw new Error(
      `An embedded PostgreSQL is not available for ${platform}; set DATABASE_URL to a PostgreSQL of your own, version 15 or newer.`,
      { cause },
    )
  }
}
