import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type DatabaseUser, giveTo } from './database-user.ts'
import { canReach } from './reach.ts'

/** What the kernel's address of a Unix socket holds, less the closing NUL: 107 bytes on Linux, 103 on macOS. */
const longestPath = process.platform === 'linux' ? 107 : 103

/** A folder only the database's user and root can enter: beside the data, or a short one where that does not do. */
export async function makeSocketFolder(
  dataDir: string,
  user: DatabaseUser | undefined,
): Promise<string> {
  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)
  const owner = user?.uid ?? process.getuid?.()
  const beside = join(resolve(dataDir), 'socket')
  const short = [tmpdir(), '/tmp'].map((folder) => join(folder, `idem-${owner}-${name}`))
  for (const folder of [beside, ...short]) {
    if (!fits(folder) || !(await canReach(user, dirname(folder)))) continue
    await makePrivate(folder, user)
    return folder
  }
  throw new Error(
    `No folder for the database's socket is short enough and open to its user; set TMPDIR to one like /tmp.`,
  )
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= longestPath
}

/** In a folder that everybody may write, the name may have been taken by somebody who wants to listen in. */
async function makePrivate(folder: string, user: DatabaseUser | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  const { uid, mode, isDirectory } = await look(folder)
  const mine = uid === process.getuid?.()
  if (isDirectory && (mode & 0o077) === 0 && (mine || uid === user?.uid)) {
    if (mine) await giveTo(user, folder)
    return
  }
  throw new Error(
    `${folder} is to hold the database's socket, but it is not a private folder of the database's user; remove it or set TMPDIR to another folder.`,
  )
}

async function look(folder: string) {
  // Not through a link, which could lead anywhere.
  const found = await lstat(folder)
  return { uid: found.uid, mode: found.mode, isDirectory: found.isDirectory() }
}
