import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { readEnvironment } from '../environment.ts'
import { openDatabase } from './open-database.ts'

test('a stop while PostgreSQL is being restarted leaves no process', {
  timeout: 60_000,
}, async () => {
  const parent = await mkdtemp(join(tmpdir(), 'idem-open-database-'))
  const dataDir = join(parent, 'data')
  const postmaster = () => readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')
  const lost = Promise.withResolvers<void>()
  const log = pino({ level: 'warn' }, { write: () => lost.resolve() })
  const database = await openDatabase(readEnvironment({ IDEM_DATA_DIR: dataDir }), log)
  process.kill(Number((await postmaster()).split('\n')[0]), 'SIGKILL')
  await lost.promise
  await database.stop()
  await expect(postmaster()).rejects.toMatchObject({ code: 'ENOENT' })
  await rm(parent, { recursive: true })
})
