import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { canAccess } from './can-access.ts'
import type { OsUser } from './os-user.ts'

/** A file or folder for a child process that runs as PostgreSQL's user. */
export type PassedFd = AsyncDisposable & {
  /** The path by which the child opens it. */
  readonly name: string
  /** The entry of the child's `stdio` at the requested number. */
  readonly stdio: number | 'ignore'
}

/**
 * When the user may not enter a folder above the path, such as root's home or
 * the result of `mktemp -d`, the child cannot use the path. It then gets an open
 * file descriptor and the path /proc/self/fd/N, which leads to the file itself
 * without passing the folders above. PostgreSQL only forks and never executes
 * another program, so its child processes inherit the descriptor, also after a
 * crash of one of them.
 */
export async function passFd(user: OsUser | undefined, path: string, fd: 3 | 4): Promise<PassedFd> {
  if (await canAccess(user, dirname(path))) {
    return { name: path, stdio: 'ignore', async [Symbol.asyncDispose]() {} }
  }
  const handle = await open(path, 'r')
  return {
    name: `/proc/self/fd/${fd}`,
    stdio: handle.fd,
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
