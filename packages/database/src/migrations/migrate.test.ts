import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate as migrateRecords } from '@idem/idempotency/migrate'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createPool } from '../pool.ts'
import { createPrisma, transactionsOf } from '../prisma.ts'
import { migrate } from './migrate.ts'

/** An empty database and an empty migrations folder. */
async function world() {
  const scratch = await scratchDatabase()
  const directory = await mkdtemp(join(tmpdir(), 'idem-migrations-'))
  const client = new pg.Client({ connectionString: scratch.url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public')
  return {
    url: scratch.url,
    directory,
    async write(name: string, sql: string) {
      await mkdir(join(directory, name), { recursive: true })
      await writeFile(join(directory, name, 'migration.sql'), sql)
    },
    async rows(statement: string) {
      return (await client.query(statement)).rows
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await rm(directory, { recursive: true })
      await scratch[Symbol.asyncDispose]()
    },
  }
}

/** A session besides the one of the migrations. */
async function session(url: string) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return {
    rows: async (statement: string) => (await client.query(statement)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function until(look: () => Promise<unknown[]>): Promise<void> {
  await expect.poll(look, { timeout: 10_000, interval: 5 }).not.toEqual([])
}

test('missing migrations are applied once, in the order of their names', async () => {
  await using it = await world()
  await it.write('2_fill', 'insert into fruit values (1)')
  await it.write('1_make', 'create table fruit (id int)')
  expect(await migrate(it)).toEqual({ applied: ['1_make', '2_fill'] })
  expect(await migrate(it)).toEqual({ applied: [] })
  await it.write('3_more', 'insert into fruit values (2)')
  expect(await migrate(it)).toEqual({ applied: ['3_more'] })
  expect(await it.rows('select id from fruit order by id')).toEqual([{ id: 1 }, { id: 2 }])
})

test('only the named migrations are applied, for rows of an older release', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await it.write('2_add', 'alter table fruit add column ripe boolean not null')
  const asOf = { migrations: ['1_make'], records: 1 }
  expect(await migrate({ ...it, asOf })).toEqual({ applied: ['1_make'] })
  expect(await migrate(it)).toEqual({ applied: ['2_add'] })
})

test('an empty database gets the records in the schema idem and the todos in public, also for a role named idem', async () => {
  await using it = await world()
  await it.rows('drop schema idem cascade')
  expect(await it.rows('select current_user as name')).toEqual([{ name: 'idem' }])
  expect(await migrate({ url: it.url })).toEqual({
    applied: ['idem 1', '20261202000000_todo', '20261202060000_accounts'],
  })
  await it.write('1_later', 'create table later (id int)')
  await migrate(it)
  expect(
    await it.rows(`select schemaname || '.' || tablename as name from pg_tables
      where schemaname in ('idem', 'public') order by 1`),
  ).toEqual(
    [
      'idem.idempotency_record',
      'idem.installation',
      'public._prisma_migrations',
      'public.api_key',
      'public.auth_account',
      'public.auth_session',
      'public.auth_user',
      'public.auth_verification',
      'public.deleted_owner',
      'public.invite',
      'public.later',
      'public.passkey',
      'public.recovery_code',
      'public.second_factor',
      'public.sign_in_attempt',
      'public.todo',
    ].map((name) => ({ name })),
  )
})

test('the tables of the records can be made through Prisma', async () => {
  await using it = await world()
  await it.rows('drop schema idem cascade')
  const pool = createPool({ url: it.url })
  const adapter = transactionsOf(createPrisma(pool))
  expect(await migrateRecords({ adapter })).toEqual({ from: 0, to: 1 })
  expect(await migrateRecords({ adapter })).toEqual({ from: 1, to: 1 })
  await pool.end()
})

test('data that require what this release does not know are left unchanged', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await it.rows(`update idem.installation set requires = '{shards}'`)
  await expect(migrate(it)).rejects.toThrow('require shards, which this release')
  expect(await it.rows(`select to_regclass('public.fruit') as fruit`)).toEqual([{ fruit: null }])
})

test('a database of a version before 0.1.0 gives a readable error, and is left unchanged', async () => {
  await using it = await world()
  await it.rows('drop schema idem cascade')
  await it.write('1_before', 'create table fruit (id int)')
  await migrate(it)
  await it.rows('drop schema idem cascade')
  await expect(migrate({ url: it.url })).rejects.toThrow(
    'The database was written by a version of Idem before 0.1.0, whose data no release reads; start with an empty one',
  )
  expect(await it.rows(`select from pg_namespace where nspname = 'idem'`)).toEqual([])
})

test('several processes that start at once apply each migration once', async () => {
  await using it = await world()
  await it.write('1_make', 'select pg_sleep(0.05); create table fruit (id int)')
  await it.write('2_fill', 'insert into fruit values (1)')
  const all = await Promise.all(Array.from({ length: 5 }, () => migrate(it)))
  expect(all.flatMap(({ applied }) => applied).sort()).toEqual(['1_make', '2_fill'])
  expect(await it.rows('select count(*)::int from fruit')).toEqual([{ count: 1 }])
})

test('a failing migration is rolled back, and the next start continues with it', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await it.write('2_fill', 'insert into fruit values (1); create table pear (); select 1 / 0')
  await expect(migrate(it)).rejects.toThrow(
    /2_fill.migration\.sql failed and was rolled back: division by zero/,
  )
  expect(await it.rows('select * from fruit')).toEqual([])
  expect(await it.rows(`select to_regclass('pear') as pear`)).toEqual([{ pear: null }])
  await it.write('2_fill', 'insert into fruit values (1)')
  expect(await migrate(it)).toEqual({ applied: ['2_fill'] })
})

test('a migration that cannot be recorded is rolled back', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int); drop table _prisma_migrations')
  await expect(migrate(it)).rejects.toThrow('was rolled back')
  expect(await it.rows(`select to_regclass('fruit') as fruit`)).toEqual([{ fruit: null }])
})

test('an existing foreign table of the same name is kept and gives a readable error', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await it.rows('create table public.fruit (theirs text)')
  await expect(migrate(it)).rejects.toThrow(
    /relation "fruit" already exists\. The database already contains an object of that name.*start again\.$/,
  )
  expect(await it.rows('select theirs from public.fruit')).toEqual([])
})

test('a file changed after it was applied gives an error that names it', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await migrate(it)
  const file = join(it.directory, '1_make', 'migration.sql')
  await appendFile(file, '\n')
  await expect(migrate(it)).rejects.toThrow(
    `${file} was changed after it was applied to this database; restore the file and write the change as a new migration.`,
  )
})

test('a migration that ends its own transaction is refused', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int); commit')
  await expect(migrate(it)).rejects.toThrow(
    'a migration must not contain begin, commit or rollback',
  )
})

test('a database migrated by a newer release is left unchanged', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await it.write('2_newer', 'alter table fruit add column colour text')
  await migrate(it)
  await rm(join(it.directory, '2_newer'), { recursive: true })
  expect(await migrate(it)).toEqual({ applied: [] })
})

test('an unfinished migration of Prisma prevents the start', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await migrate(it)
  await it.rows('update _prisma_migrations set finished_at = null')
  await expect(migrate(it)).rejects.toThrow('prisma migrate resolve')
  await it.rows('update _prisma_migrations set rolled_back_at = now()')
  await it.rows('drop table fruit')
  expect(await migrate(it)).toEqual({ applied: ['1_make'] })
})

test('function bodies with semicolons are applied complete', async () => {
  await using it = await world()
  await it.write(
    '1_make',
    'create function two() returns int language plpgsql as $$ begin perform 1; return 2; end $$;',
  )
  await migrate(it)
  expect(await it.rows('select two()')).toEqual([{ two: 2 }])
})

test('the migration log has the entries that Prisma would write', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await migrate(it)
  const [entry] = await it.rows(
    'select *, finished_at >= started_at as in_order from _prisma_migrations',
  )
  expect(entry).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    // echo -n 'create table fruit (id int)' | sha256sum
    checksum: '2f4ca7b2bcb076b8765a280d6867f72542b2a091160e7618f4329b1f6749f7a7',
    migration_name: '1_make',
    logs: null,
    rolled_back_at: null,
    applied_steps_count: 1,
    in_order: true,
  })
})

test('a migration that waits for a table lock lets requests pass, and is applied when the table is free', async () => {
  await using it = await world()
  await it.write('1_make', 'create table fruit (id int)')
  await migrate(it)
  await it.write('2_add', 'alter table fruit add column ripe boolean')
  await using reader = await session(it.url)
  await reader.rows('begin; select from fruit')
  const migrating = migrate(it)
  await using request = await session(it.url)
  await until(() =>
    it.rows(`select from pg_locks where relation = 'fruit'::regclass and not granted`),
  )
  // Like a request of the server.
  await request.rows(`set lock_timeout = '1500ms'; insert into fruit values (1)`)
  await reader.rows('commit')
  expect(await migrating).toEqual({ applied: ['2_add'] })
})
