import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import { idem } from './test-idem.ts'

vi.setConfig({ testTimeout: 60_000 })

/** A database without the tables. */
async function databaseWorld() {
  const database = await scratchDatabase()
  const admin = new pg.Pool({ connectionString: database.url, max: 2 })
  admin.on('error', () => undefined)
  await admin.query('drop schema idem cascade')
  return {
    url: database.url,
    env: { DATABASE_URL: database.url },
    admin,
    rows: async (text: string) => (await admin.query(text)).rows,
    async [Symbol.asyncDispose]() {
      await admin.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

const intent = { owner: 'ann', key: 'k', operation: 'make' }

test('migrate creates tables that work, and changes nothing the second time', async () => {
  await using it = await databaseWorld()
  expect(await idem(['migrate'], it.env)).toEqual({
    code: 0,
    stdout: 'The tables in idem have version 1 now.\n',
    stderr: '',
  })
  const { run } = createIdempotency({ adapter: pgAdapter(it.admin) })
  expect((await run(intent, async () => 'milk')).replayed).toBe(false)
  expect(await idem(['migrate'], it.env)).toMatchObject({
    stdout: 'The tables in idem have version 1 already.\n',
  })
  expect((await run(intent, async () => 'milk')).replayed).toBe(true)
})

test('migrate needs no right to create when the tables are there, and works behind a pooler in transaction mode', async () => {
  await using it = await databaseWorld()
  await using pooler = await pgbouncerServer(it.url)
  expect(await idem(['migrate'], { DATABASE_URL: pooler.url })).toMatchObject({ code: 0 })
  const name = `plain_${new URL(it.url).pathname.slice(-8)}`
  await it.admin.query(
    `create role ${name} login password 'x'; grant usage on schema idem to ${name};
     grant select on idem.installation to ${name}`,
  )
  const plain = new URL(it.url)
  plain.username = name
  plain.password = 'x'
  expect(await idem(['migrate'], { DATABASE_URL: plain.href })).toMatchObject({ code: 0 })
  await it.admin.query(`drop owned by ${name}; drop role ${name}`)
})

test('the schema is an option, with any name', async () => {
  await using it = await databaseWorld()
  const schema = 'my "own" Schema'
  expect(await idem(['migrate', '--schema', schema], it.env)).toMatchObject({ code: 0 })
  const { run } = createIdempotency({ adapter: pgAdapter(it.admin), schema })
  await run(intent, async () => 'milk')
  expect(await it.rows(`select to_regclass('idem.installation') as other`)).toEqual([
    { other: null },
  ])
})

test('a table that idem did not create is not changed, and the error says so', async () => {
  await using it = await databaseWorld()
  await it.rows('create table public.installation ()')
  expect(await idem(['migrate', '--schema', 'public'], it.env)).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'The schema "public" has a table installation that was not created by idem migrate or idem sql; choose another schema or database.\n',
  })
})

test.for(['migrate', 'clean'])(
  '%s does not touch data that require what this release does not know',
  async (command) => {
    await using it = await databaseWorld()
    await idem(['migrate'], it.env)
    await it.rows(`update idem.installation set requires = '{shards}';
      insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values ('ann', 'k', true, '2020-01-01')`)
    expect(await idem([command], it.env)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The data in the schema "idem" require shards, which this release of Idem does not know, so it does not use them; start the release that wrote them, or a later one.\n',
    })
    expect(await it.rows('select key from idem.idempotency_record')).toEqual([{ key: 'k' }])
  },
)

test('the tables of a newer release are not changed', async () => {
  await using it = await databaseWorld()
  await idem(['migrate'], it.env)
  await it.rows(`comment on table idem.installation is 'idem tables 99'`)
  expect(await idem(['migrate'], it.env)).toMatchObject({
    code: 0,
    stdout: 'The tables in idem have version 99 already.\n',
  })
})

test('the SQL creates the same tables as migrate', async () => {
  await using it = await databaseWorld()
  await it.admin.query((await idem(['sql'])).stdout)
  expect(await idem(['migrate'], it.env)).toMatchObject({
    stdout: 'The tables in idem have version 1 already.\n',
  })
  await idem(['migrate', '--schema', 'other'], it.env)
  expect(await shapeOf(it, 'idem')).toEqual(await shapeOf(it, 'other'))
})

test('clean removes the records that are older than the retention', async () => {
  await using it = await databaseWorld()
  await idem(['migrate'], it.env)
  const { run } = createIdempotency({ adapter: pgAdapter(it.admin) })
  await run(intent, async () => 'old')
  await it.rows(`update idem.idempotency_record set created_at = now() - interval '5 hours'`)
  await run({ ...intent, key: 'new' }, async () => 'new')
  expect(await idem(['clean'], it.env)).toMatchObject({ stdout: '0 records removed.\n' })
  expect(await idem(['clean', '--retention-hours', '0'], it.env)).toMatchObject({
    stderr: expect.stringContaining('must be a whole number from 2, but is 0'),
  })
  expect(await idem(['clean', '--retention-hours', '4'], it.env)).toMatchObject({
    stdout: '1 records removed.\n',
  })
  expect(await it.rows('select key from idem.idempotency_record')).toEqual([{ key: 'new' }])
})

test('the URL is read from .env, and the environment takes precedence', async () => {
  await using it = await databaseWorld()
  const folder = await mkdtemp(join(tmpdir(), 'idem-env-'))
  await writeFile(join(folder, '.env'), `DATABASE_URL="${it.url}"\n`)
  expect(await idem(['migrate'], {}, folder)).toMatchObject({ code: 0 })
  const elsewhere = { DATABASE_URL: 'mysql://localhost/db' }
  expect(await idem(['migrate'], elsewhere, folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no other database'),
  })
  await rm(folder, { recursive: true })
})

const refusing = { DATABASE_URL: 'postgresql://ann:p%23w@localhost:1/db' }

test.for([
  [[], {}, 'Usage: idem COMMAND'],
  [['drop'], {}, 'Usage: idem COMMAND'],
  [['migrate'], {}, 'DATABASE_URL is not set'],
  [['sql', '--from', 'x'], {}, '--from takes a whole number'],
  [
    ['migrate'],
    refusing,
    'DATABASE_URL (ann@localhost:1/db) gives no connection: connect ECONNREFUSED',
  ],
  [
    ['clean'],
    refusing,
    'DATABASE_URL (ann@localhost:1/db) gives no connection: connect ECONNREFUSED',
  ],
  [['migrate'], { DATABASE_URL: 'postgresql://ann:p#w@localhost/db' }, 'percent-encode'],
] as const)('%j gives an error with the next step', async ([args, env, text]) => {
  const { code, stderr } = await idem(args, env)
  expect(code).toBe(1)
  expect(stderr).toContain(text)
  expect(stderr).not.toMatch(/p(#|%23)w/)
})

type World = Awaited<ReturnType<typeof databaseWorld>>

/** Everything in PostgreSQL's catalog about the tables of the package in that schema. */
async function shapeOf(it: World, schema: string): Promise<unknown> {
  const tables = `in ('${schema}.idempotency_record'::regclass, '${schema}.installation'::regclass)`
  const rows = await it.rows(`
    select 'column' as kind, attrelid::regclass::text as on, attname as name,
      concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), collname) as form
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      left join pg_collation on pg_collation.oid = attcollation
    where attnum > 0 and attrelid ${tables}
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    from pg_constraint where conrelid ${tables}
    union all
    select 'index', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    from pg_index where indrelid ${tables}
    union all
    select 'options', oid::regclass::text, relkind::text, reloptions::text from pg_class where oid ${tables}
    union all
    select 'row', 'installation', id::text, forgotten_before::text from ${schema}.installation
    order by 1, 2, 3`)
  return JSON.parse(JSON.stringify(rows).replaceAll(`${schema}.`, ''))
}
