import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, chown, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import pg from 'pg'
import type { KillablePostgres } from '../nemesis/killable-postgres.ts'
import { allGone } from '../servers/process-tree.ts'
import { type DebianBinaries, debianBinaries } from './debian-binaries.ts'
import { runTool } from './run-tool.ts'

/** `url` is for a role without special privileges that owns its database. */
export type DebianPostgres = KillablePostgres & { readonly superuserUrl: string }

type User = { readonly uid: number; readonly gid: number } | undefined

const mostStartMs = 20_000

/**
 * Debian's PostgreSQL 17 with the settings of `pg_createcluster` on a German machine, over TCP, in a
 * temporary folder. The role of the server has New York's time zone.
 */
export async function debianPostgres(): Promise<DebianPostgres> {
  await using starting = new AsyncDisposableStack()
  const binaries = await debianBinaries()
  const folder = starting.use(await temporaryFolder())
  const password = randomBytes(16).toString('hex')
  const port = await freePort()
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? await nobody() : undefined
  const place = { binaries, user, port, folder: folder.path, data: join(folder.path, 'data') }
  await createCluster(place, password)
  await start(place)
  starting.defer(() => stop(place))
  const addressOf = (role: string) => `postgresql://${role}:${password}@127.0.0.1:${port}/${role}`
  await createRole(addressOf('postgres'), password)
  const running = starting.move()

  return {
    url: addressOf('idem'),
    superuserUrl: addressOf('postgres'),
    postmaster: () => postmasterOf(place),
    async restart() {
      await allGone([await postmasterOf(place)], 5_000)
      await start(place)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

type Place = {
  readonly binaries: DebianBinaries
  readonly user: User
  readonly port: number
  readonly folder: string
  readonly data: string
}

/** The options and settings of `pg_createcluster`, without its socket and its certificate: clients use TCP without TLS. */
async function createCluster({ binaries, user, folder, data }: Place, password: string) {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password)
  for (const path of user === undefined ? [] : [folder, passwordFile]) {
    await chown(path, user?.uid ?? 0, user?.gid ?? 0)
  }
  await runTool(
    binaries.initdb,
    [
      '--auth-local=peer',
      '--auth-host=scram-sha-256',
      '--no-instructions',
      '--encoding=UTF8',
      '--locale=de_DE.UTF-8',
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      `--pgdata=${data}`,
    ],
    { user, env: { ...binaries.env, LC_ALL: 'de_DE.UTF-8', TZ: 'Europe/Berlin' } },
  )
  await appendFile(
    join(data, 'postgresql.conf'),
    `cluster_name = '17/main'\nlog_line_prefix = '%m [%p] %q%u@%d '\nunix_socket_directories = ''\n`,
  )
}

async function createRole(superuserUrl: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    await client.query(`create role idem login createdb password '${password}'`)
    await client.query('create database idem owner idem')
    // The zone of the database, and that of the role for the databases that tests create.
    await client.query(`alter database idem set timezone to 'America/New_York'`)
    await client.query(`alter role idem set timezone to 'America/New_York'`)
  } finally {
    await client.end()
  }
}

/** Processes of a killed server hold its shared memory for a moment, in which a new server refuses to start. */
async function start(place: Place): Promise<void> {
  const begun = performance.now()
  for (;;) {
    const ended = await startOnce(place)
    if (ended === undefined) return
    if (performance.now() - begun > mostStartMs)
      throw new Error(`PostgreSQL did not start:\n${ended}`)
    await pause(100)
  }
}

/** Resolves with the log when the server ended instead of accepting connections. */
async function startOnce({
  binaries,
  user,
  port,
  folder,
  data,
}: Place): Promise<string | undefined> {
  const logFile = join(folder, 'log')
  await using log = await open(logFile, 'a')
  const child = spawn(binaries.postgres, ['-D', data, '-p', String(port)], {
    ...user,
    cwd: '/',
    env: { ...process.env, ...binaries.env, LC_ALL: '', LANG: 'de_DE.UTF-8' },
    stdio: ['ignore', log.fd, log.fd],
  })
  let failed: Error | undefined
  child.once('error', (error) => {
    failed = error
  })
  while (failed === undefined && child.exitCode === null && child.signalCode === null) {
    if (await accepts(child.pid, data)) {
      child.unref()
      return undefined
    }
    await pause(50)
  }
  return `${failed ?? ''}${await readFile(logFile, 'utf8')}`
}

/** The file of a killed server differs only in the process. */
async function accepts(pid: number | undefined, data: string): Promise<boolean> {
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = file.split('\n').map((line) => line.trim())
  return lines[0] === String(pid) && lines[7] === 'ready'
}

async function stop(place: Place): Promise<void> {
  const pid = await postmasterOf(place)
  // PostgreSQL's "fast" mode: ends sessions.
  process.kill(pid, 'SIGINT')
  const [left] = await allGone([pid], mostStartMs)
  if (left !== undefined) process.kill(left, 'SIGKILL')
}

async function postmasterOf({ data }: Place): Promise<number> {
  return Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

async function nobody(): Promise<User> {
  const accounts = await readFile('/etc/passwd', 'utf8')
  const [, , uid, gid] =
    accounts
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}
