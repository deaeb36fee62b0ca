import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindSqlAdapterFactory, ColumnTypeEnum, type SqlQuery } from '@prisma/driver-adapter-utils'
import { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { expect, test } from 'vitest'
import { knownMigrations, migrate } from './migrate.ts'

const migrationsFolder = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url))
const schemaFile = fileURLToPath(new URL('../../../../prisma/schema.prisma', import.meta.url))

test('the migrations create exactly the tables of schema.prisma', async () => {
  await using scratch = await scratchDatabase()
  expect(await driftOf(scratch.url)).toEqual('none')
})

test('Prisma plans nothing for the tables of the records, whatever they look like', async () => {
  await using scratch = await scratchDatabase()
  await execute(scratch.url, 'alter table idem.idempotency_record add column note text')
  expect(await driftOf(scratch.url)).toEqual('none')
})

test.each([
  'alter table todo add column colour text',
  'alter table todo alter column title drop not null',
  'alter table todo alter column completed set default true',
  'alter table todo drop constraint todo_pkey',
  'create table public.stray (id int primary key)',
])('a difference is detected: %s', async (change) => {
  await using scratch = await scratchDatabase()
  await execute(scratch.url, change)
  expect(await driftOf(scratch.url)).not.toEqual('none')
})

test('Prisma and Idem each accept the migrations that the other applied', async () => {
  await using scratch = await scratchDatabase()
  expect(await deployOfPrisma(scratch.url)).toEqual([])
  await execute(scratch.url, 'drop schema public cascade; create schema public')
  expect(await deployOfPrisma(scratch.url)).toEqual(await knownMigrations())
  expect(await migrate({ url: scratch.url })).toEqual({ applied: [] })
})

async function execute(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statements)
  await client.end()
}

/** The changes with which Prisma would make the database equal to the schema. */
async function driftOf(url: string): Promise<string> {
  const files = [{ path: schemaFile, content: await readFile(schemaFile, 'utf8') }]
  const { exitCode, stdout } = await withEngine(url, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', configDir: '', files },
      to: { tag: 'schemaDatamodel', files },
      exitCode: true,
      script: true,
      filters,
    }),
  )
  return exitCode === 0 ? 'none' : String(stdout)
}

/** The names of the migrations that `prisma migrate deploy` applies. */
async function deployOfPrisma(url: string): Promise<string[]> {
  const names = await knownMigrations()
  const migrationDirectories = await Promise.all(
    names.map(async (path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: {
          tag: 'ok' as const,
          value: await readFile(join(migrationsFolder, path, 'migration.sql'), 'utf8'),
        },
      },
    })),
  )
  const lockfile = { path: 'migration_lock.toml', content: 'provider = "postgresql"' }
  const migrationsList = {
    baseDir: migrationsFolder,
    lockfile,
    shadowDbInitScript: '',
    migrationDirectories,
  }
  const { appliedMigrationNames } = await withEngine(url, (engine) =>
    engine.applyMigrations({ migrationsList, filters }),
  )
  return appliedMigrationNames
}

const filters = { externalTables: [], externalEnums: [] }

async function withEngine<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  // One connection, because the engine's lock belongs to a session.
  const options = '-c search_path=public'
  const pool = new pg.Pool({ connectionString: url, max: 1, options })
  const factory = bindSqlAdapterFactory(readingChars(new PrismaPg(pool), pool))
  const engine = await SchemaEngine.new({ datamodels: undefined }, () => {}, factory)
  try {
    return await work(engine)
  } finally {
    engine.free()
    await pool.end()
  }
}

const charOid = 18
const bpcharOid = 1042

/**
 * Prisma's adapter rejects result columns of the type "char", which the catalogs use. They pass it as
 * bpchar; afterwards the engine is given their real type, a single character.
 */
function readingChars(factory: PrismaPg, pool: pg.Pool): PrismaPg {
  const charColumns = new WeakMap<unknown[], number[]>()
  const query = pool.query.bind(pool) as (...parameters: unknown[]) => Promise<pg.QueryResult>
  const connect = factory.connect.bind(factory)
  Object.assign(pool, {
    async query(...parameters: unknown[]) {
      const result = await query(...parameters)
      const chars = result.fields.filter(({ dataTypeID }) => dataTypeID === charOid)
      charColumns.set(
        result.rows,
        chars.map((field) => result.fields.indexOf(field)),
      )
      for (const field of chars) field.dataTypeID = bpcharOid
      return result
    },
  })
  return Object.assign(factory, {
    async connect() {
      const adapter = await connect()
      const queryRaw = adapter.queryRaw.bind(adapter)
      return Object.assign(adapter, {
        async queryRaw(statement: SqlQuery) {
          const result = await queryRaw(statement)
          for (const at of charColumns.get(result.rows) ?? []) {
            result.columnTypes[at] = ColumnTypeEnum.Character
          }
          return result
        },
      })
    },
  })
}
