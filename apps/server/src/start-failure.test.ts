import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/database/scratch-database'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Starts the real server, which is to fail, and reads what it says. */
async function failedStart(variables: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
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
  expect(failed.said).toMatch(/written by PostgreSQL 15.*IDEM_DATA_DIR\.$/)
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
