import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseUser } from './database-user.ts'
import { canReach } from './reach.ts'

/** A file or folder for a child that runs as the database's user. */
export type Handover = AsyncDisposable & {
  /** The name the child opens it by. */
  readonly name: string
  /** Belongs into the child's `stdio`, at the place that was asked for. */
  readonly stdio: number | 'ignore'
}

/**
 * Below a folder that user may not enter, such as root's home or one made by
 * mktemp, the path is of no use to the child. It is then given an open
 * descriptor and the name /proc/self/fd/N, which leads to the file itself
 * without walking through the folders above. PostgreSQL only ever forks, so its
 * processes inherit the descriptor, after a crash of one of them as well.
 */
export async function handOver(
  user: DatabaseUser | undefined,
  path: string,
  place: 3 | 4,
): Promise<Handover> {
  if (await canReach(user, dirname(path))) {
    return { name: path, stdio: 'ignore', async [Symbol.asyncDispose]() {} }
  }
  const handle = await open(path, 'r')
  return {
    name: `/proc/self/fd/${place}`,
    stdio: handle.fd,
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
