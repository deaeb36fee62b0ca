import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test, vi } from 'vitest'
import {
  type CommandName,
  processesIn,
  usedWorlds,
  type World,
  world,
} from './test-server-world.ts'

vi.setConfig({ testTimeout: 60_000 })

const usedWorld = usedWorlds()

async function execute(url: string, statement: string): Promise<void> {
  const pool = createPool({ url })
  await pool.query(statement)
  await pool.end()
}

/** More than one batch of keys. */
const old = `
  insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
    select 'local', 'k' || n, true, now() - interval '3 days' from generate_series(1, 1500) as n;
  insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
    select 'local', gen_random_uuid(), 'x', now() - interval '3 years', now() - interval '2 years',
      now() - interval '2 years' from generate_series(1, 3) as n`

/** Two todos of one key, a todo whose key is missing, and a key whose todo is missing. */
const broken = `
  insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    select 'local', gen_random_uuid(), 'x', 'twice', now(), now() from generate_series(1, 2);
  insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
    select 'local', 'lost', 'createTodo', sha256('x'),
      json_build_object('id', gen_random_uuid(), 'version', 1)::text, now()`

const nothing = 'duplicates           0\nkeys without effect  0\neffects without key  0\n'

test('clean-keys removes everything past its retention and prints the counts', async () => {
  await using it = await world()
  await using database = await scratchDatabase()
  const variables = { DATABASE_URL: database.url }
  await execute(database.url, old)
  expect(await it.run('clean-keys', [], variables)).toEqual({
    code: 0,
    out: 'keys        1500, kept for 24 hours\ntombstones  3, kept for 365 days\nsign-in     0, expired\n',
    errorOutput: '',
  })
  expect((await it.run('clean-keys', [], variables)).out).toBe(
    'keys        0, kept for 24 hours\ntombstones  0, kept for 365 days\nsign-in     0, expired\n',
  )
})

test('clean-keys that fails on tombstones reports it and still removes the keys', async () => {
  await using it = await world()
  await using database = await scratchDatabase()
  await execute(database.url, `${old}; alter table todo rename column deleted_at to gone_at`)
  const failed = await it.run('clean-keys', [], { DATABASE_URL: database.url })
  expect(failed).toMatchObject({
    code: 1,
    out: 'keys        1500, kept for 24 hours\ntombstones  0, kept for 365 days\nsign-in     0, expired\n',
  })
  expect(failed.errorOutput).toContain('deleted_at')
})

test('clean-keys follows the configured retention', async () => {
  await using it = await world()
  await using database = await scratchDatabase()
  const variables = {
    DATABASE_URL: database.url,
    IDEM_KEY_RETENTION_HOURS: '96',
    IDEM_TOMBSTONE_RETENTION_DAYS: '3650',
  }
  await execute(database.url, old)
  const { out } = await it.run('clean-keys', [], variables)
  expect(out).toBe(
    'keys        0, kept for 96 hours\ntombstones  0, kept for 3650 days\nsign-in     0, expired\n',
  )
})

test('reconcile prints its counts and exits with 1 unless all are zero', async () => {
  await using it = await world()
  await using database = await scratchDatabase()
  const variables = { DATABASE_URL: database.url }
  const well = await it.run('reconcile', [], variables)
  expect(well).toEqual({ code: 0, out: nothing, errorOutput: '' })
  await execute(database.url, broken)
  expect(await it.run('reconcile', [], variables)).toEqual({
    code: 1,
    out: 'duplicates           1\nkeys without effect  1\neffects without key  2\n',
    errorOutput: '',
  })
})

test('both commands work with and without a running server and leave it as it was', async () => {
  await using it = await usedWorld()
  const server = await it.serve()
  await server.call('POST', '/todos', { key: 'milk', body: { title: 'Milk' } })
  expect((await it.run('reconcile')).out).toBe(nothing)
  expect((await it.run('clean-keys')).code).toBe(0)
  expect((await server.call('GET', '/todos')).status).toBe(200)
  await server.stop()
  expect((await it.run('reconcile')).out).toBe(nothing)
  expect((await it.run('clean-keys')).code).toBe(0)
  expect(await processesIn(it.dataDir)).toEqual([])
})

test('a command leaves the PostgreSQL of a killed server to the next start', async () => {
  await using it = await usedWorld()
  const server = await it.serve()
  await server.stop('SIGKILL')
  expect((await it.run('reconcile')).out).toBe(nothing)
  expect(await processesIn(it.dataDir)).not.toEqual([])
  await (await it.serve()).stop()
  expect(await processesIn(it.dataDir)).toEqual([])
})

test('a command without a database of Idem gives a readable error and creates none', async () => {
  await using it = await world()
  expect(await it.run('reconcile')).toEqual({
    code: 1,
    out: '',
    errorOutput: `There is no database in ${it.dataDir}; npm start creates one, or set IDEM_DATA_DIR to the folder that contains one.`,
  })
  await using database = await scratchDatabase()
  await execute(database.url, 'drop schema public, idem cascade; create schema public')
  for (const name of ['reconcile', 'clean-keys', 'backup'] as const) {
    const failed = await it.run(name, [], { DATABASE_URL: database.url })
    expect(failed.code).toBe(1)
    expect(failed.errorOutput).toMatch(
      /does not contain the tables of Idem; npm start creates them\.$/,
    )
  }
  const made = await it.run('migrate', [], { DATABASE_URL: database.url })
  expect(made.code).toBe(0)
  expect(made.out).toMatch(/^migrate {4}idem 1, \d+_todo, \d+_accounts/m)
  expect((await it.run('reconcile', [], { DATABASE_URL: database.url })).code).toBe(0)
  const mistaken = await it.run('reconcile', [], { IDEM_KEY_RETENTION_HOURS: 'x' })
  expect(mistaken.code).toBe(1)
  expect(mistaken.errorOutput).toContain('IDEM_KEY_RETENTION_HOURS: expected a number of hours.')
})

test.for(['reconcile', 'clean-keys', 'backup', 'migrate'] as const)(
  '%s does not touch data that require what this release does not know',
  async (name) => {
    await using it = await world()
    await using database = await scratchDatabase()
    await execute(database.url, `update idem.installation set requires = '{shards}'`)
    const failed = await it.run(name, [], { DATABASE_URL: database.url })
    expect(failed).toMatchObject({ code: 1, out: '' })
    expect(failed.errorOutput).toContain('require shards, which this release of Idem')
  },
)

test.for(['SIGINT', 'SIGTERM'] as const)(
  '%s during a command stops the PostgreSQL that it started',
  async (signal) => {
    await using it = await usedWorld()
    await (await it.serve()).stop()
    expect((await it.run('backup', ['a.backup'])).code).toBe(0)
    for (const [name, ...args] of interruptedBy(signal)) {
      const { code, errorOutput } = await interrupted(it, signal, [name, ...args])
      expect(errorOutput).toBe('')
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143)
      expect(await processesIn(it.dataDir)).toEqual([])
    }
    expect((await it.dataFiles()).filter((file) => /restor/.test(file))).toEqual([])
  },
)

/** Each command gets one of the signals, and in a proof both. */
function interruptedBy(signal: NodeJS.Signals) {
  const commands = [['backup'], ['reconcile'], ['restore', 'a.backup'], ['clean-keys']] as const
  if (process.env.IDEM_PROVE === 'true') return commands
  return commands.filter((_, at) => at % 2 === (signal === 'SIGINT' ? 1 : 0))
}

/** Interrupts a command once its PostgreSQL runs; on a busy machine the command may finish first. */
async function interrupted(
  it: World,
  signal: NodeJS.Signals,
  [name, ...args]: readonly [CommandName, ...string[]],
) {
  for (let tries = 1; ; tries += 1) {
    const { child, ended } = it.begin(name, args)
    await vi.waitFor(async () => expect(await processesIn(it.dataDir)).not.toEqual([]), {
      timeout: 20_000,
      interval: 1,
    })
    child.kill(signal)
    const end = await ended
    if (end.code !== 0 || tries === 5) return end
  }
}
