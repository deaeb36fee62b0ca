import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, chown, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import type { KillablePostgres } from '../nemesis/killable-postgres.ts'
import { allGone } from './process-tree.ts'
import { runTool } from './run-tool.ts'

export type OwnPostgresSettings = {
  readonly binaries: {
    readonly initdb: string
    readonly postgres: string
    readonly env?: Readonly<Record<string, string>>
  }
  readonly locale: string
  /** Lines of `postgresql.conf`. */
  readonly settings: readonly string[]
  /** The password of the superuser `postgres`; the server knows it too, for its connections to others. */
  readonly password?: string
}

/** `url` is for the superuser. */
export type OwnPostgres = KillablePostgres & {
  readonly port: number
  readonly addressOf: (role: string) => string
  readonly log: () => Promise<string>
}

type User = { readonly uid: number; readonly gid: number } | undefined

const mostStartMs = 20_000

/** A PostgreSQL of other binaries than those that come along, over TCP, in a temporary folder. */
export async function ownPostgres({
  password = randomBytes(16).toString('hex'),
  ...settings
}: OwnPostgresSettings): Promise<OwnPostgres> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await temporaryFolder())
  const port = await freePort()
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? await nobody() : undefined
  const place = { ...settings, password, user, port, folder: folder.path }
  await createCluster(place)
  await start(place)
  starting.defer(() => stop(place))
  const running = starting.move()
  const addressOf = (role: string) => `postgresql://${role}:${password}@127.0.0.1:${port}/${role}`

  return {
    url: addressOf('postgres'),
    port,
    addressOf,
    log: () => readFile(logOf(place), 'utf8'),
    postmaster: () => postmasterOf(place),
    async restart() {
      await allGone([await postmasterOf(place)], 5_000)
      await start(place)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

type Place = OwnPostgresSettings & {
  readonly password: string
  readonly user: User
  readonly port: number
  readonly folder: string
}

const logOf = ({ folder }: Place) => join(folder, 'log')
const dataOf = ({ folder }: Place) => join(folder, 'data')

/** The options of `pg_createcluster`, without its socket and its certificate: clients use TCP without TLS. */
async function createCluster(place: Place): Promise<void> {
  const { binaries, user, folder, locale, settings, password } = place
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
      `--locale=${locale}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      `--pgdata=${dataOf(place)}`,
    ],
    { user, env: { ...binaries.env, LC_ALL: locale, TZ: 'Europe/Berlin' } },
  )
  const lines = [`unix_socket_directories = ''`, ...settings]
  await appendFile(join(dataOf(place), 'postgresql.conf'), `${lines.join('\n')}\n`)
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
async function startOnce(place: Place): Promise<string | undefined> {
  const { binaries, user, port, locale, password } = place
  await using log = await open(logOf(place), 'a')
  const child = spawn(binaries.postgres, ['-D', dataOf(place), '-p', String(port)], {
    ...user,
    cwd: '/',
    env: { ...process.env, ...binaries.env, LC_ALL: '', LANG: locale, PGPASSWORD: password },
    stdio: ['ignore', log.fd, log.fd],
  })
  let failed: Error | undefined
  child.once('error', (error) => {
    failed = error
  })
  while (failed === undefined && child.exitCode === null && child.signalCode === null) {
    if (await accepts(child.pid, place)) {
      child.unref()
      return undefined
    }
    await pause(50)
  }
  return `${failed ?? ''}${await readFile(logOf(place), 'utf8')}`
}

/** The file of a killed server differs only in the process. */
async function accepts(pid: number | undefined, place: Place): Promise<boolean> {
  const file = await readFile(join(dataOf(place), 'postmaster.pid'), 'utf8').catch(() => '')
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

async function postmasterOf(place: Place): Promise<number> {
  return Number((await readFile(join(dataOf(place), 'postmaster.pid'), 'utf8')).split('\n')[0])
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
