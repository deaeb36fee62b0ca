import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { OsUser } from './os-user.ts'

/** Whether the user may enter every folder on the path and the path itself. */
export async function canAccess(user: OsUser | undefined, path: string): Promise<boolean> {
  if (user === undefined) return true
  let current = await realpath(path)
  for (;;) {
    if (!(await mayEnter(user, current))) return false
    const parent = dirname(current)
    if (parent === current) return true
    current = parent
  }
}

async function mayEnter(user: OsUser, path: string): Promise<boolean> {
  const { uid, gid, mode } = await stat(path)
  // The first class that matches decides, as in the kernel, even if a later one would allow more.
  if (uid === user.uid) return (mode & 0o100) !== 0
  if (gid === user.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
