import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createPool } from '@idem/database/pool'
import { batchPool } from '@idem/idempotency/batch'
import { poolSizesOn } from '@idem/operations/limits'
import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test, vi } from 'vitest'
import { connectionsOfInstance, mainConnections } from '../database/connections.ts'
import { readEnvironment } from '../environment.ts'
import { checkDatabase } from './check-database.ts'
import { checkDataDir, checkDisk, checkNode } from './check-machine.ts'
import { findingsOf } from './doctor.ts'
import type { Finding } from './finding.ts'

vi.setConfig({ testTimeout: 30_000 })

/** A database that a test may break, and what the doctor then finds. */
async function world() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url, max: 1 })
  const name = new URL(database.url).pathname.slice(1)
  return {
    url: database.url,
    name,
    sql: (text: string) => pool.query(text),
    set: (setting: string) => pool.query(`alter database ${name} set ${setting}`),
    async found(url = database.url, variables: Record<string, string> = {}) {
      const environment = readEnvironment({ DATABASE_URL: url, ...variables })
      const { findings } = await checkDatabase(url, environment)
      return notOk(findings)
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

function notOk(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ about, level, says }) =>
    level === 'ok' ? [] : `${about}: ${level}: ${says}`,
  )
}

test('a sound database has no finding', async () => {
  await using it = await world()
  expect(await it.found()).toEqual([])
})

test.for([
  ['idle_session_timeout = 60000', /^time-outs: warning: idle_session_timeout = 60000 ms/],
  ['synchronous_commit = off', /^durability: problem: synchronous_commit = off loses/],
  ['jit_above_cost = 10', /^jit: warning: jit is on from a cost of 10,/],
] as const)('the setting %s is named with its remedy', async ([setting, sentence]) => {
  await using it = await world()
  await it.set('jit = on')
  await it.set(setting)
  expect(await it.found()).toEqual([expect.stringMatching(sentence)])
})

test('a standby is named', async () => {
  await using it = await world()
  await it.set('default_transaction_read_only = on')
  expect(await it.found()).toEqual([
    expect.stringMatching(/^PostgreSQL: problem: .*read-only, possibly a standby; use the primary/),
  ])
})

test('a database that allows fewer connections than an instance takes is named', async () => {
  await using it = await world()
  await it.sql(`alter database ${it.name} connection limit 10`)
  expect(await it.found()).toEqual([
    expect.stringMatching(/^connections: problem: .*up to 17, and 10 are available; raise/),
  ])
})

test.for([
  ['one database', undefined],
  ['two nodes', poolSizesOn({ nodes: () => ['one', 'two'] })],
] as const)('the doctor knows all connections of an instance on %s', async ([, sizes]) => {
  let batches = 0
  const open: Parameters<typeof batchPool>[0] = ({ max, ...settings }) => {
    batches += max
    return createPool({ url: 'postgresql://nowhere/idem', max, ...settings })
  }
  batchPool(open, { connections: sizes?.batches })
  const environment = readEnvironment({})
  expect(connectionsOfInstance(environment, sizes)).toBe(
    mainConnections(environment, sizes?.main) + batches + 1,
  )
})

test('an index of an interrupted build is named', async () => {
  await using it = await world()
  await it.sql('create table other (n int); insert into other values (1), (1)')
  await expect(it.sql('create unique index concurrently half_built on other (n)')).rejects.toThrow()
  expect(await it.found()).toEqual([expect.stringMatching(/^indexes: warning: half_built:/)])
})

test('indexes built with another version of the collation are named', async () => {
  await using it = await world()
  await it.sql(`update pg_database set datcollversion = '0' where datname = '${it.name}'`)
  expect(await it.found()).toEqual([
    expect.stringMatching(/^collation: problem: .*version 0, .*reindex database/),
  ])
})

test('a role without rights is named, with the tables that it cannot use', async () => {
  await using it = await world()
  const role = `idem_doctor_${randomUUID().slice(0, 8)}`
  await it.sql(`create role ${role} login password 'secret'`)
  try {
    await it.sql(`grant usage on schema idem to ${role};
      grant select on all tables in schema public, idem to ${role}`)
    const url = new URL(it.url)
    Object.assign(url, { username: role, password: 'secret' })
    expect(await it.found(url.href)).toEqual([
      expect.stringMatching(
        /^rights: problem: this role lacks delete on idem\.idempotency_record, /,
      ),
    ])
  } finally {
    await it.sql(`drop owned by ${role}; drop role ${role}`)
  }
})

test('a missing migration is named, and who has to apply it', async () => {
  await using it = await world()
  await it.sql('delete from _prisma_migrations where migration_name like $$%accounts$$')
  expect(await it.found()).toEqual([
    expect.stringMatching(/^migrations: warning: .*the next start applies them/),
  ])
})

test('data of a newer release are named', async () => {
  await using it = await world()
  await it.sql(`update idem.installation set requires = '{sharding}'`)
  expect(await it.found()).toEqual([
    expect.stringMatching(/^migrations: problem: .*require sharding, .*start the release/),
  ])
})

test('a pooler is named, and a setting for one that is not there', async () => {
  await using it = await world()
  await using pooler = await pgbouncerServer(it.url)
  expect(await it.found(pooler.url)).toEqual([
    expect.stringMatching(/^pooler: problem: .*set IDEM_POOLER=transaction/),
  ])
  const set = { IDEM_POOLER: 'transaction' }
  expect(await it.found(pooler.url, set)).toEqual([])
  expect(await it.found(it.url, set)).toEqual([
    expect.stringMatching(/^pooler: warning: .*unset it/),
  ])
})

test('a database whose clock is apart is named', async () => {
  await using it = await world()
  const real = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => real - 120_000)
  try {
    expect(await it.found()).toEqual([
      expect.stringMatching(/^clock: problem: .* (119|12\d)\.\d s apart; synchronise/),
    ])
  } finally {
    vi.restoreAllMocks()
  }
})

test('a database that cannot be reached is named', async () => {
  const variables = { PORT: '0', DATABASE_URL: 'postgresql://idem:x@127.0.0.1:1/idem' }
  expect(await foundWith(variables)).toEqual([
    expect.stringMatching(/^database: problem: .*does not respond; check its host and port/),
  ])
})

test('a misspelt setting is named with the one that was meant', async () => {
  expect(await foundWith({ IDEM_PUBLIC_ULR: 'https://todo.example.org' })).toEqual([
    'settings: problem: IDEM_PUBLIC_ULR: unknown setting, probably IDEM_PUBLIC_URL.',
  ])
})

test('an old Node is named', () => {
  expect(notOk([checkNode('22.19.0')])).toEqual([expect.stringContaining('install Node 24')])
})

test('a data folder of another user is named with the command that gives it back', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'data')
  await mkdir(dataDir)
  const { uid = 0 } = { uid: process.getuid?.() }
  const found = await checkDataDir(dataDir, { uid: uid + 1, gid: 7 })
  expect(notOk([found])).toEqual([
    expect.stringContaining(`as root run "chown -R ${uid + 1}:7 ${dataDir}"`),
  ])
})

test('a full disk is named', async () => {
  const found = await checkDisk('/data', async () => 50 * 2 ** 20)
  expect(notOk([found])).toEqual([expect.stringMatching(/^disk: problem: 50 MB free .*free space/)])
})

async function foundWith(variables: Record<string, string>): Promise<string[]> {
  const findings: Finding[] = []
  const { signal } = new AbortController()
  for await (const finding of findingsOf(variables, signal)) findings.push(finding)
  return notOk(findings)
}
