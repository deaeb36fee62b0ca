import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { connectOrStart } from './connect-or-start.ts'
import { isRunning } from './server/process-state.ts'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

async function world() {
  const dataDir = await mkdtemp(join(tmpdir(), 'idem-connect-'))
  return {
    dataDir,
    postmaster: async () =>
      Number((await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]),
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true }),
  }
}

async function canQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rowCount } = await client.query('select 1')
  await client.end()
  return rowCount === 1
}

test('a running server is used and keeps running', async () => {
  await using it = await world()
  await using owner = new AsyncDisposableStack()
  const running = await startEmbeddedPostgres({ dataDir: it.dataDir })
  owner.defer(() => running.stop())
  const { url, stop } = await connectOrStart(it.dataDir)
  expect(await canQuery(url)).toBe(true)
  await stop()
  expect(await canQuery(running.url)).toBe(true)
})

test('a stopped server is started and stopped again', async () => {
  await using it = await world()
  await (await startEmbeddedPostgres({ dataDir: it.dataDir })).stop()
  const { url, stop } = await connectOrStart(it.dataDir)
  expect(await canQuery(url)).toBe(true)
  const pid = await it.postmaster()
  await stop()
  expect(isRunning(pid)).toBe(false)
})

test('a folder without a database gives a readable error', async () => {
  await using it = await world()
  await expect(connectOrStart(it.dataDir)).rejects.toThrow(
    `There is no database in ${it.dataDir}; npm start creates one, or set IDEM_DATA_DIR to the folder that contains one.`,
  )
})
