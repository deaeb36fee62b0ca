import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { canAccess } from '../os-user/can-access.ts'
import { giveTo, type OsUser } from '../os-user/os-user.ts'

/** The kernel's limit for the path of a Unix socket, less the closing NUL: 107 bytes on Linux, 103 on macOS. */
const longestPath = process.platform === 'linux' ? 107 : 103

/** A folder that only PostgreSQL's user and root can enter: beside the data, or a short one when that path is unusable. */
export async function makeSocketDir(dataDir: string, user: OsUser | undefined): Promise<string> {
  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)
  const owner = user?.uid ?? process.getuid?.()
  const beside = join(resolve(dataDir), 'socket')
  const short = [tmpdir(), '/tmp'].map((folder) => join(folder, `idem-${owner}-${name}`))
  for (const folder of [beside, ...short]) {
    if (!fits(folder) || !(await canAccess(user, dirname(folder)))) continue
    await makePrivate(folder, user)
    return folder
  }
  throw new Error(
    `No folder for the database's socket has a path that is short enough and open to PostgreSQL's user; set TMPDIR to a folder such as /tmp.`,
  )
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= longestPath
}

/** In a world-writable folder an attacker may have created the name first, to intercept connections. */
async function makePrivate(folder: string, user: OsUser | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  // Not stat: a symbolic link could lead anywhere.
  const found = await lstat(folder)
  const isMine = found.uid === process.getuid?.()
  const isPrivate = found.isDirectory() && (found.mode & 0o077) === 0
  if (isPrivate && (isMine || found.uid === user?.uid)) {
    if (isMine) await giveTo(user, folder)
    return
  }
  throw new Error(
    `${folder} must contain the database's socket, but it is not a private folder of PostgreSQL's user; remove it or set TMPDIR to another folder.`,
  )
}
