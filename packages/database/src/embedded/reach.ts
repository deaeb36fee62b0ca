import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseUser } from './database-user.ts'

/** Whether the database's user may enter every folder down to the path, and the path itself. */
export async function canReach(user: DatabaseUser | undefined, path: string): Promise<boolean> {
  if (user === undefined) return true
  let at = await realpath(path)
  for (;;) {
    if (!(await mayEnter(user, at))) return false
    const above = dirname(at)
    if (above === at) return true
    at = above
  }
}

async function mayEnter(user: DatabaseUser, path: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(path)
  // As the kernel does: the first class that fits decides, even if a later one would allow more.
  if (uid === user.uid) return (mode & 0o100) !== 0
  if (gid === user.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
