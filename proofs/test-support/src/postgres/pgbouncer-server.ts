import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { giveTo, osUserFor } from '@idem/embedded-postgres/os-user'
import { freePort } from '../free-port.ts'

export type PgBouncerServer = AsyncDisposable & { readonly url: string; readonly pid: number }

/**
 * For tests: a PgBouncer in transaction mode in front of that database, with
 * two sessions behind it, so that clients share sessions with each other.
 * `settings` are lines of its configuration.
 */
export async function pgbouncerServer(
  target: string,
  settings: readonly string[] = [],
): Promise<PgBouncerServer> {
  const folder = await mkdtemp(join(tmpdir(), 'idem-pgbouncer-'))
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, configuration(target, port, settings))
  // It refuses to run as root, like PostgreSQL, and must reach the socket of that user.
  const user = await osUserFor(folder)
  for (const path of [folder, file]) await giveTo(user, path)
  const child = spawn(findPgBouncer(), [file], { ...user, cwd: '/', stdio: 'ignore' })
  const exited = once(child, 'exit')
  await Promise.race([isListening(port), exited.then(refuse)])
  const { pid } = child
  if (pid === undefined) return refuse()
  const url = new URL(target)
  url.searchParams.delete('host')
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT')
      await exited
      await rm(folder, { recursive: true })
    },
  }
}

function configuration(target: string, port: number, settings: readonly string[]): string {
  const { hostname, port: targetPort, username, password, searchParams } = new URL(target)
  const host = searchParams.get('host') ?? hostname
  const login = `user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}`
  return [
    '[databases]',
    `* = host=${host} port=${targetPort || 5432} ${login}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 2',
    // Before version 1.21 prepared statements did not follow their client.
    'max_prepared_statements = 0',
    ...settings,
    '',
  ].join('\n')
}

function findPgBouncer(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  const found = folders.map((folder) => join(folder, 'pgbouncer')).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    'These tests need PgBouncer, and there is none on the PATH. Install it (on Debian: apt-get install pgbouncer) and try again.',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function isListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const answered = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (answered) return
    await pause(20)
  }
}

function refuse(): never {
  throw new Error('PgBouncer exited before it took connections.')
}
