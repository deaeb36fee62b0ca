import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import type { DatabaseUser } from './database-user.ts'
import { handOver } from './handover.ts'
import { formerPostmaster } from './postmaster-file.ts'
import { makeSocketFolder } from './socket-folder.ts'

export type Place = {
  readonly dataDir: string
  /** The data itself, below `dataDir`. */
  readonly path: string
  readonly binaries: Binaries
  readonly user: DatabaseUser | undefined
}

export type Spawned = {
  readonly child: ChildProcess
  /** What this server has written to its log. */
  said(): Promise<string>
}

/** Enough to look back on; a longer log is begun anew at the next start. */
const longestLogBytes = 10 * 1024 * 1024

/** Starts the server as a process of its own, which lives on if this one is killed. */
export async function spawnPostgres({ dataDir, path, binaries, user }: Place): Promise<Spawned> {
  const socketFolder = await makeSocketFolder(dataDir, user)
  const logFile = join(dataDir, 'postgres.log')
  const written = await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  )
  const from = written > longestLogBytes ? 0 : written
  await using log = await open(logFile, from === 0 ? 'w' : 'a', 0o600)
  await using folder = await handOver(user, path, 3)
  const child = spawn(binaries.postgres, serverArguments(folder.name, socketFolder), {
    ...user,
    cwd: '/',
    // Ctrl-C goes to the whole group; the server is stopped by us, after the last request.
    detached: true,
    env: {
      TZ: 'UTC',
      LC_ALL: 'C',
      // PostgreSQL takes a number that exists for a server that runs. But a killed server's may linger
      // for seconds, and after a power cut another program may have got it. Of a number said to be its
      // grandparent's it knows better, and goes by the shared memory alone, which only a server holds.
      PG_GRANDPARENT_PID: await formerPostmaster(path),
      // Means nothing to PostgreSQL; where Next's types are loaded every environment must have one.
      NODE_ENV: 'production',
    },
    stdio: ['ignore', log.fd, log.fd, folder.stdio],
  })
  await once(child, 'spawn').catch((cause) => {
    throw new Error(
      'The embedded PostgreSQL could not be run on this system; set DATABASE_URL to a PostgreSQL of your own, version 15 or newer.',
      { cause },
    )
  })
  child.unref()
  return { child, said: () => readFrom(logFile, from) }
}

async function readFrom(file: string, position: number): Promise<string> {
  await using handle = await open(file)
  const chunks = await handle.createReadStream({ start: position, autoClose: false }).toArray()
  return Buffer.concat(chunks).toString()
}

/** Durability stays as PostgreSQL has it: an answer is given for what is on the disk. */
function serverArguments(folder: string, socketFolder: string): string[] {
  const settings = {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    // A small machine: half the processes, and a write-ahead log that is a quarter of the usual size.
    io_method: 'sync',
    max_wal_size: '256MB',
    // The detail of an error holds the row it was about, and a title is nothing for a log.
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
