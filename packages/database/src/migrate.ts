import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { mustBeUsable } from './must-be-usable.ts'
import type { Pooler } from './pool.ts'
import { withStartUpOptions } from './session-settings.ts'
import { sqlStateOf } from './sql-state.ts'

export type MigrateSettings = {
  readonly url: string
  /** Holds one folder a migration, each with a `migration.sql`. */
  readonly directory?: string
  /** The names of those to apply; all, unless given. */
  readonly only?: readonly string[]
  /** Behind such a pooler nothing is applied: it cannot hold a lock from one transaction to the next. */
  readonly pooler?: Pooler | undefined
}

type Migration = {
  readonly name: string
  readonly file: string
  readonly sql: string
  readonly checksum: string
}

/** The advisory lock Prisma takes as well, so its commands and this runner exclude each other. */
const migrationLock = 72707369

/** For a lock longer than any migration should take, and than a person wants to look at a start that hangs. */
const patience = { lockTimeoutMs: 60_000, statementTimeoutMs: 0 }

const migrationsOfThisRepository = fileURLToPath(
  new URL('../../../prisma/migrations', import.meta.url),
)

/**
 * Applies the migrations that are missing, in the order of their names, each in
 * a transaction of its own. Any number of processes may start at once: the
 * first applies, the others find it done. The book is kept as Prisma keeps it.
 */
export async function migrate({
  url,
  directory = migrationsOfThisRepository,
  only,
  pooler,
}: MigrateSettings): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory, only)
  const client = new pg.Client({
    connectionString: pooler === undefined ? withStartUpOptions(url, patience) : url,
    application_name: 'idem migrate',
    connectionTimeoutMillis: 5000,
  })
  // A lost connection also rejects the statement under way; the event alone would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    await mustBeUsable(client)
    if (pooler !== undefined) {
      await mustBeMigrated(client, migrations)
      return { applied: [] }
    }
    await takeLock(client)
    await ensureBook(client)
    return { applied: await applyMissing(client, migrations) }
  } finally {
    // Ends the session and with it the lock.
    await client.end()
  }
}

/** The names of the migrations of this release, in their order. */
export async function knownMigrations(directory = migrationsOfThisRepository): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return names.sort()
}

async function readMigrations(
  directory: string,
  only: readonly string[] | undefined,
): Promise<Migration[]> {
  const names = await knownMigrations(directory)
  const chosen = names.filter((name) => only === undefined || only.includes(name))
  return Promise.all(chosen.map((name) => readMigration(directory, name)))
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const file = join(directory, name, 'migration.sql')
  const bytes = await readFile(file)
  const checksum = createHash('sha256').update(bytes).digest('hex')
  return { name, file, sql: bytes.toString(), checksum }
}

async function takeLock(client: pg.Client): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [migrationLock]).catch((error) => {
    if (error.code !== '55P03') throw error
    throw new Error(
      `Another process held the lock on the migrations of this database for 60 s; find the session with advisory lock ${migrationLock} in pg_locks and end it.`,
      { cause: error },
    )
  })
}

/** @throws an error whose message says how to apply what is missing */
async function mustBeMigrated(client: pg.Client, migrations: Migration[]): Promise<void> {
  const { rows } = await client.query(`select to_regclass('_prisma_migrations') as book`)
  const book = rows[0].book === null ? new Map() : await readBook(client)
  const missing = migrations.filter((migration) => !isApplied(migration, book.get(migration.name)))
  if (missing.length === 0) return
  throw new Error(
    `The database lacks ${missing.map(({ name }) => name).join(', ')}, which cannot be applied through a pooler in transaction mode; run "npm run migrate" with a DATABASE_URL of PostgreSQL itself and without IDEM_POOLER.`,
  )
}

/** Looked for first: "create … if not exists" asks for the right to create even where there is nothing to do. */
async function ensureBook(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select to_regclass('_prisma_migrations') as book`)
  if (rows[0].book === null) await client.query(createBook)
}

// Word for word the table that Prisma makes.
const createBook = `
  create table _prisma_migrations (
    id                  varchar(36)  primary key not null,
    checksum            varchar(64)  not null,
    finished_at         timestamptz,
    migration_name      varchar(255) not null,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz  not null default now(),
    applied_steps_count integer      not null default 0
  )`

/** A migration in the book but not in the folder comes from a newer release and is left alone. */
async function applyMissing(client: pg.Client, migrations: Migration[]): Promise<string[]> {
  const book = await readBook(client)
  const missing = migrations.filter((migration) => !isApplied(migration, book.get(migration.name)))
  for (const migration of missing) await apply(client, migration)
  return missing.map(({ name }) => name)
}

type Entry = { readonly checksum: string; readonly finished: boolean }

async function readBook(client: pg.Client): Promise<Map<string, Entry>> {
  const { rows } = await client.query(
    `select migration_name, checksum, finished_at is not null as finished
     from _prisma_migrations where rolled_back_at is null`,
  )
  return new Map(rows.map((row) => [row.migration_name, row]))
}

function isApplied({ name, file, checksum }: Migration, entry: Entry | undefined): boolean {
  if (entry === undefined) return false
  if (!entry.finished) {
    throw new Error(
      `Migration ${name} was begun by Prisma and never finished; put its tables right and mark it with "prisma migrate resolve".`,
    )
  }
  if (entry.checksum !== checksum) {
    throw new Error(
      `${file} was changed after it had been applied to this database; put the file back as it was and write the change as a new migration.`,
    )
  }
  return true
}

async function apply(client: pg.Client, { name, file, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(sql)
    if (client.getTransactionStatus() !== 'T') {
      throw new Error('It ends its transaction; a migration holds no begin, commit or rollback.')
    }
    await client.query(
      `insert into _prisma_migrations
         (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('commit')
  } catch (cause) {
    if (isOfServer(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `Migration ${file} failed and nothing of it was kept: ${reason.replace(/\.?$/, '.')} ${adviceFor(cause)}`,
      { cause },
    )
  }
}

/** Not the migration's fault: no right, no room, a connection that broke, a server that is told to stop. */
function isOfServer(cause: unknown): boolean {
  const code = sqlStateOf(cause)
  return code !== undefined && /^(42501|08|53|57P|58|E[A-Z]|connection_lost|pool_wait)/.test(code)
}

/** Duplicate table, object, schema, function. */
const taken = new Set(['42P07', '42710', '42P06', '42723'])

function adviceFor(cause: unknown): string {
  return taken.has(sqlStateOf(cause) ?? '')
    ? 'The database holds that already, and it is not from here; name an empty database, or move it away, and start again.'
    : 'Correct the file and start again.'
}
