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

// Each starts a server or two, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 60_000 })

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Starts the real server; `limit` is a command of the shell for what it may use. */
function start(variables: Record<string, string>, limit = 'true') {
  return spawn('sh', ['-c', `${limit} && exec "$0" "$1"`, process.execPath, main], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Starts one that is to fail, and reads what it says. */
async function failedStart(variables: Record<string, string>, limit?: string) {
  const child = start(variables, limit)
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  child.stdout.resume()
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, said: said.trim() }
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'idem-start-'))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

test('all mistakes in the configuration are said at once', async () => {
  const { code, said } = await failedStart({
    PORT: 'http',
    IDEM_REQUIRE_KEY: 'maybe',
    IDEM_DATADIR: '/x',
  })
  expect(code).toBe(1)
  expect(said).toMatch(/PORT: .*\n.*IDEM_REQUIRE_KEY: |IDEM_REQUIRE_KEY: .*\n.*PORT: /s)
  expect(said).toContain('IDEM_DATADIR: there is no such setting.')
  expect(said).not.toContain('    at ')
})

test('a port that is taken', async () => {
  await using database = await scratchDatabase()
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  const failed = await failedStart({ DATABASE_URL: database.url, PORT: String(port) })
  other.close()
  expect(failed).toEqual({
    code: 1,
    said: `Port ${port} on 127.0.0.1 is taken by another program; stop that one, or set PORT to a free port.`,
  })
})

test('a database that does not answer', async () => {
  const failed = await failedStart({ DATABASE_URL: 'postgresql://idem@127.0.0.1:1/idem' })
  expect(failed).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL does not answer; check host and port in it, and that PostgreSQL runs there.',
  })
})

test('a database whose connection is cut in the middle', async () => {
  const cutting = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  cutting.listen(0, '127.0.0.1')
  await new Promise((resolve) => cutting.once('listening', resolve))
  const { port } = cutting.address() as AddressInfo
  const { code, said } = await failedStart({
    DATABASE_URL: `postgresql://idem@127.0.0.1:${port}/idem`,
  })
  cutting.close()
  expect(code).toBe(1)
  expect(said).toMatch(/^The connection to the database was cut.*start it again.*\.$/)
})

test('a database whose name does not exist', async () => {
  await using database = await scratchDatabase()
  const url = new URL(database.url)
  url.pathname = '/nobody_made_this'
  const failed = await failedStart({ DATABASE_URL: url.href })
  expect(failed.code).toBe(1)
  expect(failed.said).toContain('has no database of this name')
})

test('a wrong password', async () => {
  await using database = await scratchDatabase()
  const url = new URL(database.url)
  url.password = 'wrong'
  const failed = await failedStart({ DATABASE_URL: url.href })
  expect(failed).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL refuses its password; correct user and password in it.',
  })
})

test('a read-only database, which a standby is', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const { rows } = await pool.query('select current_database() as name')
  await pool.query('delete from _prisma_migrations')
  await pool.query(`alter database "${rows[0].name}" set default_transaction_read_only = on`)
  await pool.end()
  const failed = await failedStart({ DATABASE_URL: database.url })
  expect(failed).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL is read-only, a standby perhaps; name the primary instead.',
  })
})

test('a data folder that cannot be written', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), '')
  const failed = await failedStart({ IDEM_DATA_DIR: join(folder.path, 'file', 'data') })
  expect(failed.code).toBe(1)
  expect(failed.said).toMatch(/cannot be written.*IDEM_DATA_DIR.*\.$/)
})

test('a data folder of another major version of PostgreSQL', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'postgres'))
  await writeFile(join(folder.path, 'postgres', 'PG_VERSION'), '15\n')
  const failed = await failedStart({ IDEM_DATA_DIR: folder.path })
  expect(failed.code).toBe(1)
  expect(failed.said).toMatch(/written by PostgreSQL 15.*back it up.*IDEM_DATA_DIR.*\.$/)
})

test('a migration that was changed after it had been applied', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  await pool.query(`update _prisma_migrations set checksum = 'another'`)
  await pool.end()
  const failed = await failedStart({ DATABASE_URL: database.url })
  expect(failed.code).toBe(1)
  expect(failed.said).toMatch(/was changed after it had been applied.*\.$/)
})

test('a data folder that another start has says whose it is', async () => {
  await using folder = await temporaryFolder()
  const holder = await startEmbeddedPostgres({ dataDir: folder.path })
  const failed = await failedStart({ IDEM_DATA_DIR: folder.path })
  await holder.stop()
  expect(failed).toEqual({
    code: 1,
    said: `The data folder ${folder.path} is in use by process ${process.pid}; stop that one first, or set IDEM_DATA_DIR to another folder.`,
  })
})

test('a PostgreSQL older than 15', async () => {
  await using old = await fakePostgres({
    row: { number: '140020', version: '14.20', read_only: 'off' },
  })
  expect(await failedStart({ DATABASE_URL: old.url })).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL is PostgreSQL 14.20; name one of version 15 or newer, or leave DATABASE_URL out to use the embedded one.',
  })
})

test('a user that the database does not know', async () => {
  await using database = await scratchDatabase()
  const url = new URL(database.url)
  url.username = 'nobody_made_this'
  expect(await failedStart({ DATABASE_URL: url.href })).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL refuses its password; correct user and password in it.',
  })
  await using strict = await fakePostgres({ refuses: '28000' })
  expect(await failedStart({ DATABASE_URL: strict.url })).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL does not let this user in; correct the user in it.',
  })
})

test.for([
  ['53300', 'has no connection left to give'],
  ['57P03', 'is starting or stopping'],
])('a server that lets nobody in for the moment (%s)', async ([state = '', words = '']) => {
  await using busy = await fakePostgres({ refuses: state })
  const failed = await failedStart({ DATABASE_URL: busy.url })
  expect(failed.code).toBe(1)
  expect(failed.said).toMatch(new RegExp(`^The server of DATABASE_URL ${words}.*\\.$`))
})

test('a server without TLS, where the address asks for it, and files that are not there', async () => {
  await using plain = await fakePostgres({ refuses: '28000' })
  expect(await failedStart({ DATABASE_URL: `${plain.url}?sslmode=verify-full` })).toEqual({
    code: 1,
    said: 'The server of DATABASE_URL speaks no TLS, and the address asks for it; turn it on there, or leave sslmode out where nobody can listen.',
  })
  expect(
    await failedStart({ DATABASE_URL: `${plain.url}?sslmode=verify-full&sslrootcert=/no/cert` }),
  ).toEqual({
    code: 1,
    said: 'There is no /no/cert, which DATABASE_URL names; correct the address.',
  })
})

test('a certificate that is not trusted is named, with what to do about it', () => {
  const error = Object.assign(new Error('self-signed certificate'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  expect(explainStartupError(error, readEnvironment({}))).toMatch(
    /^The certificate .* is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); .*sslrootcert.*\.$/,
  )
})

test('an embedded PostgreSQL that went away is not taken for one of DATABASE_URL', () => {
  const environment = readEnvironment({ IDEM_DATA_DIR: '/data' })
  expect(explainStartupError(new Error('Connection terminated unexpectedly'), environment)).toBe(
    'The embedded PostgreSQL in /data ended or does not answer; read postgres.log there, and try again.',
  )
})

test('what may not be opened, a port or a file, is named', () => {
  const refused = (about: object) =>
    explainStartupError(
      Object.assign(new Error('EACCES'), { code: 'EACCES', ...about }),
      readEnvironment({}),
    )
  expect(refused({ syscall: 'listen' })).toMatch(/^Port 3000 on 127\.0\.0\.1 may not be opened/)
  expect(refused({ syscall: 'open', path: '/data' })).toMatch(/^\/data may not be used.*\.$/)
})

test('a DATABASE_URL that is none', async () => {
  const { code, said } = await failedStart({ DATABASE_URL: 'postgresql://idem:pass#word@db/idem' })
  expect(code).toBe(1)
  expect(said).toMatch(/^ {2}DATABASE_URL: an address like postgresql:.* was expected, .*\.$/m)
})

test('a true standby', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'primary')
  await (await startEmbeddedPostgres({ dataDir })).stop()
  await using standby = await startStandby(dataDir, join(folder.path, 'standby'))
  const failed = await failedStart({ DATABASE_URL: standby.url })
  expect(failed).toEqual({
    code: 1,
    said: 'The database of DATABASE_URL is read-only, a standby perhaps; name the primary instead.',
  })
})

/** A copy that waits for a primary to follow; meanwhile it takes questions. */
async function startStandby(primary: string, dataDir: string) {
  await promisify(execFile)('cp', ['-a', primary, dataDir])
  await cp(join(dataDir, 'postgres', 'PG_VERSION'), join(dataDir, 'postgres', 'standby.signal'))
  const { url, stop } = await startEmbeddedPostgres({ dataDir })
  return { url, [Symbol.asyncDispose]: stop }
}

test('a migration that fails keeps nothing, says which it is, and the next start continues there', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const run = async (text: string) => (await pool.query(text)).rows
  // The last table that the migration makes, so that all before it was done when it failed.
  await run('drop table todo, idempotency_record, installation, _prisma_migrations')
  await run('create table installation (of text)')
  const failed = await failedStart({ DATABASE_URL: database.url })
  expect(failed.code).toBe(1)
  expect(failed.said).toMatch(
    /^Migration \S+migration\.sql failed and nothing of it was kept: relation "installation" already exists\. The database holds that already, and it is not from here; name an empty database, or move it away, and start again\.$/,
  )
  expect(await run(`select to_regclass('todo') as todo`)).toEqual([{ todo: null }])
  await run('drop table installation')
  const { code } = await startedOnce({ DATABASE_URL: database.url })
  expect(code).toBe(0)
  expect(await run('select count(*)::int as rows from installation')).toEqual([{ rows: 1 }])
  await pool.end()
})

test('a user who may serve but not make tables serves once they are there, and is told before', async () => {
  await using database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const role = `serving_${process.pid}`
  const url = new URL(database.url)
  url.username = role
  url.password = 'secret'
  await pool.query(`create role ${role} login password 'secret'`)
  try {
    await pool.query(
      `grant select, insert, update, delete on todo, idempotency_record, installation to ${role}`,
    )
    await pool.query(`grant select on _prisma_migrations to ${role}`)
    expect(await startedOnce({ DATABASE_URL: url.href })).toEqual({ code: 0, said: '' })
    // As after an upgrade that brought a migration.
    await pool.query('delete from _prisma_migrations; drop table todo')
    const failed = await failedStart({ DATABASE_URL: url.href })
    expect(failed.code).toBe(1)
    expect(failed.said).toMatch(/^The user of DATABASE_URL lacks a right .*migrate as another.*\.$/)
  } finally {
    await pool.query(`drop owned by ${role}; drop role ${role}`)
    await pool.end()
  }
})

/** Starts the real server, waits until it serves, and asks it to end. */
async function startedOnce(variables: Record<string, string>) {
  const child = start(variables)
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  child.stdout?.on('data', (chunk) => {
    if (String(chunk).includes('serve ')) child.kill('SIGTERM')
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, said: said.trim() }
}

test('a disk without room for a database', async () => {
  await using disk = await smallDisk()
  const failed = await failedStart({ IDEM_DATA_DIR: disk.dataDir }, disk.limit)
  expect(failed.code).toBe(1)
  expect(failed.said).toMatch(disk.sentence)
})

/** As root a real one of 20 MB; otherwise files of 4 MB at most, which initdb takes no better. */
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
    sentence: /^There is not enough room in \S+ for a database.*IDEM_DATA_DIR.*\.$/,
    limit: 'true',
    async [Symbol.asyncDispose]() {
      await run('umount', [folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}
