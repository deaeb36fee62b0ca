import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from '../os-user/binaries.ts'
import type { OsUser } from '../os-user/os-user.ts'
import { passFd } from '../os-user/pass-fd.ts'
import { stalePid } from './postmaster-pid.ts'
import { makeSocketDir } from './socket-dir.ts'

export type Cluster = {
  readonly dataDir: string
  /** PostgreSQL's own data folder, below `dataDir`. */
  readonly path: string
  readonly binaries: Binaries
  readonly user: OsUser | undefined
}

export type Spawned = {
  readonly child: ChildProcess
  /** The log lines of this server. */
  log(): Promise<string>
}

/** Enough history; a longer log is truncated at the next start. */
const longestLogBytes = 10 * 1024 * 1024

/** Starts the server as a detached process, which survives when this one is killed. */
export async function spawnPostgres({ dataDir, path, binaries, user }: Cluster): Promise<Spawned> {
  const socketDir = await makeSocketDir(dataDir, user)
  const logFile = join(dataDir, 'postgres.log')
  const written = await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  )
  const from = written > longestLogBytes ? 0 : written
  await using log = await open(logFile, from === 0 ? 'w' : 'a', 0o600)
  await using folder = await passFd(user, path, 3)
  const child = spawn(binaries.postgres, serverArguments(folder.name, socketDir), {
    ...user,
    cwd: '/',
    // Ctrl-C goes to the whole process group; we stop the server ourselves, after the last request.
    detached: true,
    env: {
      TZ: 'UTC',
      LC_ALL: 'C',
      // PostgreSQL refuses to start while the pid in postmaster.pid exists. But a killed server may stay
      // a zombie for seconds, and after a power cut another program may have the pid. PostgreSQL ignores
      // the pid of its grandparent and then checks only the shared memory, which only a server holds.
      PG_GRANDPARENT_PID: await stalePid(path),
      // PostgreSQL ignores NODE_ENV; Next's types require it in every environment.
      NODE_ENV: 'production',
    },
    stdio: ['ignore', log.fd, log.fd, folder.stdio],
  })
  await once(child, 'spawn').catch((cause) => {
    throw new Error(
      'The embedded PostgreSQL cannot run on this system; set DATABASE_URL to a PostgreSQL of your own, version 15 or newer.',
      { cause },
    )
  })
  child.unref()
  return { child, log: () => readFrom(logFile, from) }
}

async function readFrom(file: string, position: number): Promise<string> {
  await using handle = await open(file)
  const chunks = await handle.createReadStream({ start: position, autoClose: false }).toArray()
  return Buffer.concat(chunks).toString()
}

/** Keeps PostgreSQL's defaults for durability: an answer is sent only for data on the disk. */
function serverArguments(folder: string, socketDir: string): string[] {
  const settings = {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    // For a small machine: no I/O worker processes, and a write-ahead log a quarter of the default size.
    io_method: 'sync',
    max_wal_size: '256MB',
    // The detail of an error contains the row, and titles must not reach a log.
    log_error_verbosity: 'terse',
    // Compiling a plan takes longer than any statement here.
    jit: 'off',
  }
  return [
    '-D',
    folder,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}
