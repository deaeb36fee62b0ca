import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createPool } from '@idem/database/pool'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test, vi } from 'vitest'
import { readEnvironment } from '../environment.ts'
import { explainStartupError } from './startup-errors.ts'
import { fakePostgres } from './test-fake-postgres.ts'

// Each test starts one or two servers, possibly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Starts the real server; `limit` is a shell command that limits its resources. */
function start(variables: Record<string, string>, limit = 'true') {
  return spawn('sh', ['-c', `${limit} && exec "$0" "$1"`, process.execPath, main], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODE_ENV: 'production',
      PORT: '0',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Starts a server that must fail, and reads its error output. */
async function failedStart(variables: Record<string, string>, limit?: string) {
  const child = start(variables, limit)
  let errorOutput = ''
  child.stderr.on('data', (chunk) => {
    errorOutput += chunk
  })
  child.stdout.resume()
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, errorOutput: errorOutput.trim() }
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'idem-start-'))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

test('all configuration mistakes are reported together, with an exit code of their own', async () => {
  const { code, errorOutput } = await failedStart({
    PORT: 'http',
    IDEM_REQUIRE_KEY: 'maybe',
    IDEM_DATADIR: '/x',
  })
  expect(code).toBe(78)
  expect(errorOutput).toMatch(/PORT: .*\n.*IDEM_REQUIRE_KEY: |IDEM_REQUIRE_KEY: .*\n.*PORT: /s)
  expect(errorOutput).toContain('IDEM_DATADIR: unknown setting, probably IDEM_DATA_DIR.')
  expect(errorOutput).not.toContain('    at ')
})

test('a port in use gives a readable error', async () => {
  await using database = await scratchDatabase()
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  const failed = await failedStart({ DATABASE_URL: database.url, PORT: String(port) })
  other.close()
  expect(failed).toEqual({
    code: 1,
    errorOutput: `Port ${port} on 127.0.0.1 is in use by another program; stop that program, or set PORT to a free port.`,
  })
})

test('an unreachable database gives a readable error', async () => {
  const failed = await failedStart({ DATABASE_URL: 'postgresql://idem@127.0.0.1:1/idem' })
  expect(failed).toEqual({
    code: 1,
    errorOutput:
      'The database of DATABASE_URL does not respond; check its host and port, and that PostgreSQL is running there.',
  })
})

test('a connection closed during startup gives a readable error', async () => {
  const cutting = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  cutting.listen(0, '127.0.0.1')
  await new Promise((resolve) => cutting.once('listening', resolve))
  const { port } = cutting.address() as AddressInfo
  const { code, errorOutput } = await failedStart({
    DATABASE_URL: `postgresql://idem@127.0.0.1:${port}/idem`,
  })
  cutting.close()
  expect(code).toBe(1)
  expect(errorOutput).toMatch(/^The connection to the database was closed.*start it again.*\.$/)
})

test('a missing database gives a readable error', async () => {
  await using database = await scratchDatabase()
  const url = new URL(database.url)
  url.pathname = '/nobody_made_this'
  const failed = await failedStart({ DATABASE_URL: url.href })
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toContain('database that DATABASE_URL names does not exist')
})

test('a wrong password gives a readable error', async () => {
  await using database = await scratchDatabase()
  const url = new URL(database.url)
  url.password = 'wrong'
  const failed = await failedStart({ DATABASE_URL: url.href })
  expect(failed).toEqual({
    code: 1,
    errorOutput:
      'The database of DATABASE_URL rejects the password; correct user and password in the URL.',
  })
})

test('a read-only database gives a readable error', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const { rows } = await pool.query('select current_database() as name')
  await pool.query('delete from _prisma_migrations')
  await pool.query(`alter database "${rows[0].name}" set default_transaction_read_only = on`)
  await pool.end()
  const failed = await failedStart({ DATABASE_URL: database.url })
  expect(failed).toEqual({
    code: 1,
    errorOutput:
      'The database of DATABASE_URL is read-only, possibly a standby; use the primary instead.',
  })
})

test('an unwritable data folder gives a readable error', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), '')
  const failed = await failedStart({ IDEM_DATA_DIR: join(folder.path, 'file', 'data') })
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(/cannot be written.*IDEM_DATA_DIR.*\.$/)
})

test('a data folder of another major version of PostgreSQL gives a readable error', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'postgres'))
  await writeFile(join(folder.path, 'postgres', 'PG_VERSION'), '15\n')
  const failed = await failedStart({ IDEM_DATA_DIR: folder.path })
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(/written by PostgreSQL 15.*back it up.*IDEM_DATA_DIR.*\.$/)
})

test('a migration changed after it was applied gives a readable error', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  await pool.query(`update _prisma_migrations set checksum = 'another'`)
  await pool.end()
  const failed = await failedStart({ DATABASE_URL: database.url })
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(/was changed after it was applied.*\.$/)
})

test('data of a release that requires more than this one knows give a readable error', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  await pool.query(`update idem.installation set requires = '{shards}'`)
  await pool.end()
  expect(await failedStart({ DATABASE_URL: database.url })).toEqual({
    code: 1,
    errorOutput:
      'The data in the schema "idem" require shards, which this release of Idem does not know, so it does not use them; start the release that wrote them, or a later one.',
  })
})

test('a data folder in use gives the process id of its owner', async () => {
  await using folder = await temporaryFolder()
  const holder = await startEmbeddedPostgres({ dataDir: folder.path })
  const failed = await failedStart({ IDEM_DATA_DIR: folder.path })
  await holder.stop()
  expect(failed).toEqual({
    code: 1,
    errorOutput: `The data folder ${folder.path} is in use by process ${process.pid}; stop that one first, or set IDEM_DATA_DIR to another folder.`,
  })
})

test('a PostgreSQL older than 15 gives a readable error', async () => {
  await using old = await fakePostgres({
    row: { number: '140020', version: '14.20', read_only: 'off' },
  })
  expect(await failedStart({ DATABASE_URL: old.url })).toEqual({
    code: 1,
    errorOutput:
      'The database of DATABASE_URL is PostgreSQL 14.20; use version 15 or newer, or unset DATABASE_URL to use the embedded one.',
  })
})

test('an unknown database user gives a readable error', async () => {
  await using database = await scratchDatabase()
  const url = new URL(database.url)
  url.username = 'nobody_made_this'
  expect(await failedStart({ DATABASE_URL: url.href })).toEqual({
    code: 1,
    errorOutput:
      'The database of DATABASE_URL rejects the password; correct user and password in the URL.',
  })
  await using strict = await fakePostgres({ refuses: '28000' })
  expect(await failedStart({ DATABASE_URL: strict.url })).toEqual({
    code: 1,
    errorOutput: 'The database of DATABASE_URL rejects this user; correct the user in the URL.',
  })
})

test.for([
  ['53300', 'has no free connections'],
  ['57P03', 'is starting or stopping'],
])(
  'a server that rejects connections with %s gives a readable error',
  async ([state = '', words = '']) => {
    await using busy = await fakePostgres({ refuses: state })
    const failed = await failedStart({ DATABASE_URL: busy.url })
    expect(failed.code).toBe(1)
    expect(failed.errorOutput).toMatch(new RegExp(`^The server of DATABASE_URL ${words}.*\\.$`))
  },
)

test('a server without TLS and a missing certificate file give readable errors', async () => {
  await using plain = await fakePostgres({ refuses: '28000' })
  expect(await failedStart({ DATABASE_URL: `${plain.url}?sslmode=verify-full` })).toEqual({
    code: 1,
    errorOutput:
      'The server of DATABASE_URL does not support TLS, but the URL requires it; enable TLS on the server, or remove sslmode on a trusted network.',
  })
  expect(
    await failedStart({ DATABASE_URL: `${plain.url}?sslmode=verify-full&sslrootcert=/no/cert` }),
  ).toEqual({
    code: 1,
    errorOutput: 'The file /no/cert of DATABASE_URL does not exist; correct the URL.',
  })
})

test('an untrusted certificate gives an error that names the remedy', () => {
  const error = Object.assign(new Error('self-signed certificate'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  expect(explainStartupError(error, readEnvironment({}))).toMatch(
    /^The certificate .* is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); .*sslrootcert.*\.$/,
  )
})

test('a lost embedded PostgreSQL is not reported as one of DATABASE_URL', () => {
  const environment = readEnvironment({ IDEM_DATA_DIR: '/data' })
  expect(explainStartupError(new Error('Connection terminated unexpectedly'), environment)).toBe(
    'The embedded PostgreSQL in /data stopped or does not respond; read postgres.log there and try again.',
  )
})

test('a permission error names the port or the file', () => {
  const refused = (about: object) =>
    explainStartupError(
      Object.assign(new Error('EACCES'), { code: 'EACCES', ...about }),
      readEnvironment({}),
    )
  expect(refused({ syscall: 'listen' })).toMatch(/^Port 3000 on 127\.0\.0\.1 cannot be opened/)
  expect(refused({ syscall: 'open', path: '/data' })).toMatch(/^\/data cannot be accessed.*\.$/)
})

test('a malformed DATABASE_URL gives a readable error', async () => {
  const { code, errorOutput } = await failedStart({
    DATABASE_URL: 'postgresql://idem:pass#word@db/idem',
  })
  expect(code).toBe(78)
  expect(errorOutput).toMatch(/^ {2}DATABASE_URL: expected a URL like postgresql:.*\.$/m)
})

test('a real standby gives a readable error', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'primary')
  await (await startEmbeddedPostgres({ dataDir })).stop()
  await using standby = await startStandby(dataDir, join(folder.path, 'standby'))
  const failed = await failedStart({ DATABASE_URL: standby.url })
  expect(failed).toEqual({
    code: 1,
    errorOutput:
      'The database of DATABASE_URL is read-only, possibly a standby; use the primary instead.',
  })
})

/** A copy in standby mode that waits for a primary and accepts reads. */
async function startStandby(primary: string, dataDir: string) {
  await promisify(execFile)('cp', ['-a', primary, dataDir])
  await cp(join(dataDir, 'postgres', 'PG_VERSION'), join(dataDir, 'postgres', 'standby.signal'))
  const { url, stop } = await startEmbeddedPostgres({ dataDir })
  return { url, [Symbol.asyncDispose]: stop }
}

test('a failed migration is rolled back and named, and the next start continues with it', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const run = async (text: string) => (await pool.query(text)).rows
  // The last index that the migration creates, so it fails after all others were created.
  await run(
    'drop table todo, _prisma_migrations, invite, sign_in_attempt, recovery_code, passkey, second_factor, api_key, auth_verification, auth_account, auth_session, auth_user, deleted_owner; create table public.todo_created_key_idx ()',
  )
  const failed = await failedStart({ DATABASE_URL: database.url })
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(
    /^Migration \S+migration\.sql failed and was rolled back: relation "todo_created_key_idx" already exists\. The database already contains an object of that name that Idem did not create; use an empty database, or rename the object, and start again\.$/,
  )
  expect(await run(`select to_regclass('todo') as todo`)).toEqual([{ todo: null }])
  await run('drop table todo_created_key_idx')
  const next = await startedOnce({ DATABASE_URL: database.url })
  expect(next).toEqual({ code: 0, errorOutput: '' })
  expect(await run('select count(*)::int as rows from todo')).toEqual([{ rows: 0 }])
  await pool.end()
})

test('a user without DDL privileges serves once the tables exist, and gets a readable error before', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const role = `serving_${process.pid}`
  const url = new URL(database.url)
  url.username = role
  url.password = 'secret'
  await pool.query(`create role ${role} login password 'secret'`)
  try {
    await pool.query(
      `grant usage on schema idem to ${role};
       grant select, insert, update, delete on todo, idem.idempotency_record, idem.installation to ${role}`,
    )
    await pool.query(`grant select on _prisma_migrations to ${role}`)
    expect(await startedOnce({ DATABASE_URL: url.href })).toEqual({ code: 0, errorOutput: '' })
    const signIn = { IDEM_PUBLIC_URL: 'http://localhost:3000', IDEM_SECRET: 's'.repeat(32) }
    const withoutTables = await failedStart({ DATABASE_URL: url.href, ...signIn })
    expect(withoutTables.errorOutput).toMatch(/^The user of DATABASE_URL lacks a privilege .*\.$/)
    // An upgrade that brings a migration leaves this state.
    await pool.query('delete from _prisma_migrations; drop table todo')
    const failed = await failedStart({ DATABASE_URL: url.href })
    expect(failed.code).toBe(1)
    expect(failed.errorOutput).toMatch(
      /^The user of DATABASE_URL lacks a privilege .*migrate as another.*\.$/,
    )
  } finally {
    await pool.query(`drop owned by ${role}; drop role ${role}`)
    await pool.end()
  }
})

/** Starts the real server, waits until it serves, and asks it to end. */
async function startedOnce(variables: Record<string, string>) {
  const child = start(variables)
  let errorOutput = ''
  child.stderr?.on('data', (chunk) => {
    errorOutput += chunk
  })
  child.stdout?.on('data', (chunk) => {
    if (String(chunk).includes('serve ')) child.kill('SIGTERM')
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, errorOutput: errorOutput.trim() }
}

test('a disk too small for a database gives a readable error', async () => {
  await using disk = await smallDisk()
  const failed = await failedStart({ IDEM_DATA_DIR: disk.dataDir }, disk.limit)
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(disk.sentence)
})

/** A real disk of 20 MB for root; otherwise a file size limit of 4 MB, at which initdb fails too. */
async function smallDisk() {
  const folder = await temporaryFolder()
  const dataDir = join(folder.path, 'data')
  if (process.getuid?.() !== 0) {
    const sentence = /could not create its data .*\.$/s
    return { dataDir, sentence, limit: 'ulimit -f 4096', ...folder }
  }
  const run = promisify(execFile)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', folder.path])
  return {
    dataDir,
    sentence: /^There is not enough space in \S+ for a database.*IDEM_DATA_DIR.*\.$/,
    limit: 'true',
    async [Symbol.asyncDispose]() {
      await run('umount', [folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}
