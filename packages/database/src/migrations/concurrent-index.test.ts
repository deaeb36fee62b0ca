import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { indexChangeOf } from './concurrent-index.ts'
import { migrate } from './migrate.ts'
import { prismaLock } from './migration-lock.ts'

const build = 'create index concurrently fruit_idx on fruit (id);'

/** A database with a filled table, and a migration that builds an index on it. */
async function world() {
  const scratch = await scratchDatabase()
  const directory = await mkdtemp(join(tmpdir(), 'idem-indexes-'))
  const client = await connect(scratch.url)
  const rows = async (statement: string) => (await client.query(statement)).rows
  const write = async (name: string, sql: string) => {
    await mkdir(join(directory, name), { recursive: true })
    await writeFile(join(directory, name, 'migration.sql'), sql)
  }
  await rows('drop schema public cascade; create schema public')
  await write('1_make', 'create table fruit as select id from generate_series(1, 10000) as id')
  await migrate({ url: scratch.url, directory })
  await write('2_index', build)
  return {
    url: scratch.url,
    directory,
    write,
    rows,
    connect: () => connect(scratch.url),
    /** Whether the index is valid; undefined without an index. */
    isValid: async () =>
      (await rows(`select indisvalid from pg_index where indexrelid = to_regclass('fruit_idx')`))[0]
        ?.indisvalid,
    inBook: async () =>
      (
        await rows(
          `select count(*)::int as n from _prisma_migrations
           where migration_name = '2_index' and finished_at is not null and rolled_back_at is null`,
        )
      )[0].n,
    /** An open transaction that a build waits for. */
    async writer() {
      const writer = await connect(scratch.url)
      await writer.query('begin; insert into fruit values (0)')
      return writer
    },
    /** The backend that builds an index, once it has stored the index and waits for a writer. */
    async untilBuilding(): Promise<number> {
      let pid: number | undefined
      await expect
        .poll(
          async () => {
            pid = (
              await rows(
                `select pid from pg_stat_progress_create_index
                 where datname = current_database() and phase like 'waiting for writers%'`,
              )
            )[0]?.pid
            return pid
          },
          { timeout: 10_000, interval: 5 },
        )
        .toBeDefined()
      return Number(pid)
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await rm(directory, { recursive: true })
      await scratch[Symbol.asyncDispose]()
    },
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Migrates in a separate process, which can be killed. */
function start({ url, directory }: { url: string; directory: string }) {
  const file = fileURLToPath(new URL('./test-migrating-process.ts', import.meta.url))
  return fork(file, [url, directory], { stdio: 'ignore' })
}

test.each([
  [build, { kind: 'create', index: 'fruit_idx' }],
  [
    '-- Why.\nCREATE UNIQUE INDEX CONCURRENTLY Fruit_Idx\n  ON fruit (id)\n',
    { kind: 'create', index: 'fruit_idx' },
  ],
  ['drop index concurrently if exists fruit_idx;', { kind: 'drop', index: 'fruit_idx' }],
  [`${build} select 1;`, undefined],
  ['create index fruit_idx on fruit (id)', undefined],
  ['-- create index concurrently fruit_idx on fruit (id)\nselect 1', undefined],
])(
  'a migration is recognised as a concurrent index change by its only statement: %s',
  (sql, change) => {
    expect(indexChangeOf(sql)).toEqual(change)
  },
)

test('an index is built once, outside a transaction, and recorded in the form of Prisma', async () => {
  await using it = await world()
  expect(await migrate(it)).toEqual({ applied: ['2_index'] })
  expect(await migrate(it)).toEqual({ applied: [] })
  expect(await it.isValid()).toBe(true)
  const [entry] = await it.rows(`select * from _prisma_migrations where migration_name = '2_index'`)
  expect(entry).toMatchObject({ applied_steps_count: 1, logs: null, rolled_back_at: null })
  await it.write('3_drop', 'drop index concurrently if exists fruit_idx;')
  expect(await migrate(it)).toEqual({ applied: ['3_drop'] })
  expect(await it.isValid()).toBe(undefined)
})

test('writes continue during an index build, and no statement time-out ends the build', async () => {
  await using it = await world()
  await it.rows(
    `do $$ begin execute format('alter database %I set statement_timeout = 200', current_database()); end $$`,
  )
  const writer = await it.writer()
  const migrating = migrate(it)
  await it.untilBuilding()
  await it.rows('insert into fruit select generate_series(1, 100)')
  await writer.query('set statement_timeout = 0; select pg_sleep(0.5); commit')
  await writer.end()
  expect(await migrating).toEqual({ applied: ['2_index'] })
})

test('several servers that start at once build an index once, without a deadlock', async () => {
  await using it = await world()
  const all = await Promise.all(Array.from({ length: 6 }, () => migrate(it)))
  expect(all.flatMap(({ applied }) => applied)).toEqual(['2_index'])
  expect(await it.isValid()).toBe(true)
})

test('a server of a previous release, or Prisma, can wait for the lock during an index build', async () => {
  await using it = await world()
  const writer = await it.writer()
  const migrating = migrate(it)
  await it.untilBuilding()
  const previous = await it.connect()
  await previous.query(`set lock_timeout = '10s'`)
  const waiting = previous.query('select pg_advisory_lock($1)', [prismaLock])
  await writer.query('commit')
  await writer.end()
  await Promise.all([waiting, waiting.finally(() => previous.end())])
  expect(await migrating).toEqual({ applied: ['2_index'] })
})

test('a start killed during a build leaves an index that the next start finds', async () => {
  await using it = await world()
  const writer = await it.writer()
  const killed = start(it)
  await it.untilBuilding()
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  // PostgreSQL continues the build without its client; the next start waits for it.
  const next = migrate(it)
  await writer.query('commit')
  await writer.end()
  expect(await next).toEqual({ applied: ['2_index'] })
  expect([await it.isValid(), await it.inBook()]).toEqual([true, 1])
})

test('a build terminated in PostgreSQL is dropped and repeated by the next start', async () => {
  await using it = await world()
  const writer = await it.writer()
  const ended = once(start(it), 'exit')
  await it.rows(`select pg_terminate_backend(${await it.untilBuilding()}, 5000)`)
  await ended
  await writer.query('commit')
  await writer.end()
  expect([await it.isValid(), await it.inBook()]).toEqual([false, 0])
  expect(await migrate(it)).toEqual({ applied: ['2_index'] })
  expect([await it.isValid(), await it.inBook()]).toEqual([true, 1])
})

test('an invalid index is rebuilt even if its migration is recorded', async () => {
  await using it = await world()
  await migrate(it)
  await it.rows(`update pg_index set indisvalid = false where indexrelid = 'fruit_idx'::regclass`)
  expect(await migrate(it)).toEqual({ applied: ['2_index'] })
  expect([await it.isValid(), await it.inBook()]).toEqual([true, 1])
})

test('a failed build of Prisma is repeated and completes the same entry', async () => {
  await using it = await world()
  await migrate(it)
  await it.rows(`update pg_index set indisvalid = false where indexrelid = 'fruit_idx'::regclass`)
  await it.rows(
    `update _prisma_migrations set finished_at = null, logs = 'canceled' where migration_name = '2_index'`,
  )
  expect(await migrate(it)).toEqual({ applied: ['2_index'] })
  expect([await it.isValid(), await it.inBook()]).toEqual([true, 1])
  expect(
    await it.rows(`select logs from _prisma_migrations where migration_name = '2_index'`),
  ).toEqual([{ logs: null }])
})

test('an interrupted drop is repeated without rebuilding the index', async () => {
  await using it = await world()
  await migrate(it)
  await it.write('3_drop', 'drop index concurrently if exists fruit_idx;')
  await it.rows(`update pg_index set indisvalid = false where indexrelid = 'fruit_idx'::regclass`)
  expect(await migrate(it)).toEqual({ applied: ['3_drop'] })
  expect(await it.isValid()).toBe(undefined)
})

test('a failed build leaves no index and does not block the next start', async () => {
  await using it = await world()
  await it.write('2_index', 'create unique index concurrently fruit_idx on fruit (id);')
  await it.rows('insert into fruit values (1)')
  await expect(migrate(it)).rejects.toThrow(
    /2_index.migration\.sql failed and was rolled back: could not create unique index/,
  )
  expect(await it.isValid()).toBe(undefined)
  await it.rows('delete from fruit where id = 1')
  expect(await migrate(it)).toEqual({ applied: ['2_index'] })
})

test('a concurrent build with another statement in its migration gives a readable error', async () => {
  await using it = await world()
  await it.write('2_index', `${build} select 1;`)
  await expect(migrate(it)).rejects.toThrow('needs a migration of its own with this one statement')
})
