import { execFile } from 'node:child_process'
import { chown, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The operating system user that PostgreSQL runs as when it is not the user of this process. */
export type OsUser = { readonly uid: number; readonly gid: number }

/**
 * PostgreSQL refuses to run as root, so root starts it as an unprivileged user:
 * the owner of the existing data, or the system user `idem`.
 */
export async function osUserFor(dataDir: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return (await ownerOf(join(dataDir, 'postgres'))) ?? (await systemUser()) ?? createSystemUser()
}

async function ownerOf(folder: string): Promise<OsUser | undefined> {
  const found = await stat(folder).catch(() => undefined)
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid }
}

async function systemUser(file = '/etc/passwd'): Promise<OsUser | undefined> {
  const accounts = await readFile(file, 'utf8')
  const account = accounts.split('\n').find((line) => line.startsWith('idem:'))
  if (account === undefined) return undefined
  const [, , uid, gid] = account.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

const run = promisify(execFile)

export async function createSystemUser(
  accounts = '/etc/passwd',
  commands = createCommands,
): Promise<OsUser> {
  // After a command that is missing or fails the next one is tried; the account shows which one worked.
  for (const [command = '', ...args] of commands) {
    await run(command, args).catch(() => {})
    const user = await systemUser(accounts)
    if (user !== undefined) return user
  }
  throw new Error(
    'PostgreSQL does not run as root and needs a system user named "idem", but neither useradd nor adduser could create it; create that user, start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
}

const createCommands: readonly (readonly string[])[] = [
  ['useradd', '--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'idem'],
  // BusyBox, as in Alpine.
  ['adduser', '-S', '-D', '-H', '-s', '/sbin/nologin', 'idem'],
]

/** Changes the owner of a file or folder that root has created for this user. */
export async function giveTo(user: OsUser | undefined, path: string): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid)
}
