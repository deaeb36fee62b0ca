import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sqlStateOf, withStartUpOptions } from '@idem/idempotency/pg'
import pg from 'pg'
import { changeIndex, type IndexChange, indexChangeOf, invalidIndexes } from './concurrent-index.ts'
import { type Entry, ensureBook, note, readBook } from './migration-book.ts'
import { prismaLock, releaseLock, startLock, takeLock } from './migration-lock.ts'
import { mustBeUsable } from './must-be-usable.ts'
import type { Pooler } from './pool.ts'

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
  /** It runs outside a transaction. */
  readonly indexChange: IndexChange | undefined
}

/** The runner itself says how long it waits for what; a limit of the database or the user is meant for requests. */
const patience = { lockTimeoutMs: 60_000, statementTimeoutMs: 0 }

const migrationsOfThisRepository = fileURLToPath(
  new URL('../../../prisma/migrations', import.meta.url),
)

/**
 * Applies the migrations that are missing, in the order of their names, each in
 * a transaction of its own, or outside one if all it does is to build or drop an
 * index concurrently. Any number of processes may start at once: the first
 * applies, the others find it done. The book is kept as Prisma keeps it.
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
    const missing = await missingOf(client, migrations)
    if (missing.length === 0) return { applied: [] }
    if (pooler !== undefined) throw mustMigrateDirectly(missing)
    return { applied: await applyMissing(client, migrations) }
  } finally {
    // Ends the session and with it its locks.
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
  const sql = bytes.toString()
  return { name, file, sql, checksum, indexChange: indexChangeOf(sql) }
}

function mustMigrateDirectly(missing: Migration[]): Error {
  return new Error(
    `The database lacks ${missing.map(({ name }) => name).join(', ')}, which cannot be applied through a pooler in transaction mode; run "npm run migrate" with a DATABASE_URL of PostgreSQL itself and without IDEM_POOLER.`,
  )
}

async function applyMissing(client: pg.Client, migrations: Migration[]): Promise<string[]> {
  await takeLock(client, startLock)
  await takeLock(client, prismaLock)
  await ensureBook(client)
  await mustBeFinished(client, migrations)
  const applied: string[] = []
  for (;;) {
    // Read again each time: the lock that Prisma takes is not held while an index is built.
    const [next] = await missingOf(client, migrations)
    if (next === undefined) return applied
    if (applied.includes(next.name)) {
      throw new Error(`${next.file} was applied, and its index is still invalid; start again.`)
    }
    await apply(client, next)
    applied.push(next.name)
  }
}

/** Only with the lock can it be known that Prisma is not at it just now. */
async function mustBeFinished(client: pg.Client, migrations: Migration[]): Promise<void> {
  const book = await readBook(client)
  for (const { name, indexChange } of migrations) {
    if (book.get(name)?.finished === false && indexChange === undefined) {
      throw new Error(
        `Migration ${name} was begun by Prisma and never finished; put its tables right and mark it with "prisma migrate resolve".`,
      )
    }
  }
}

/** A migration in the book but not in the folder comes from a newer release and is left alone. */
async function missingOf(client: pg.Client, migrations: Migration[]): Promise<Migration[]> {
  const book = await readBook(client)
  const invalid = await invalidIndexes(client)
  return migrations.filter((migration, at) => {
    if (!isApplied(migration, book.get(migration.name))) return true
    const { indexChange } = migration
    if (indexChange?.kind !== 'create' || !invalid.has(indexChange.index)) return false
    // A drop that was interrupted leaves the index invalid as well, and is missing itself.
    return !migrations.slice(at).some((later) => drops(later, indexChange.index))
  })
}

function drops({ indexChange }: Migration, index: string): boolean {
  return indexChange?.kind === 'drop' && indexChange.index === index
}

function isApplied(migration: Migration, entry: Entry | undefined): boolean {
  if (entry === undefined) return false
  if (entry.checksum !== migration.checksum) {
    throw new Error(
      `${migration.file} was changed after it had been applied to this database; put the file back as it was and write the change as a new migration.`,
    )
  }
  return entry.finished
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { file, indexChange } = migration
  try {
    if (indexChange === undefined) await applyInTransaction(client, migration)
    else await applyOutside(client, migration, indexChange)
  } catch (cause) {
    if (isOfServer(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `Migration ${file} failed and nothing of it was kept: ${reason.replace(/\.?$/, '.')} ${adviceFor(cause)}`,
      { cause },
    )
  }
}

/**
 * Requests queue up behind a migration that waits for a table, and give up after
 * 1.5 s: so it waits in short turns, for as long as a start may take.
 */
const lockTurn = { lock_timeout: '1s', pauseMs: 200, patienceMs: 60_000 } as const

async function applyInTransaction(client: pg.Client, migration: Migration): Promise<void> {
  const deadline = performance.now() + lockTurn.patienceMs
  for (;;) {
    try {
      await client.query(`begin; set local lock_timeout = '${lockTurn.lock_timeout}'`)
      await client.query(migration.sql)
      if (client.getTransactionStatus() !== 'T') {
        throw new Error('It ends its transaction; a migration holds no begin, commit or rollback.')
      }
      await note(client, migration)
      await client.query('commit')
      return
    } catch (error) {
      if (sqlStateOf(error) !== lockNotAvailable || performance.now() > deadline) throw error
      await client.query('rollback')
      await pause(lockTurn.pauseMs)
    }
  }
}

/**
 * Without the lock that Prisma and previous releases take: those that wait for
 * it hold a snapshot, and the build would wait for them.
 */
async function applyOutside(
  client: pg.Client,
  migration: Migration,
  indexChange: IndexChange,
): Promise<void> {
  await releaseLock(client, prismaLock)
  await changeIndex(client, indexChange, migration.sql)
  await takeLock(client, prismaLock)
  await note(client, migration)
}

/** Not the migration's fault: no right, no room, a connection that broke, a server that is told to stop. */
function isOfServer(cause: unknown): boolean {
  const code = sqlStateOf(cause)
  return code !== undefined && /^(42501|08|53|57P|58|E[A-Z]|connection_lost|pool_wait)/.test(code)
}

const lockNotAvailable = '55P03'

function adviceFor(cause: unknown): string {
  return advice[sqlStateOf(cause) ?? ''] ?? 'Correct the file and start again.'
}

const isTaken =
  'The database holds that already, and it is not from here; name an empty database, or move it away, and start again.'

const advice: Readonly<Record<string, string>> = {
  // Duplicate table, object, schema, function.
  '42P07': isTaken,
  '42710': isTaken,
  '42P06': isTaken,
  '42723': isTaken,
  '25001':
    'An index that is built concurrently has a migration of its own, which holds this one statement and its name without quotes.',
  [lockNotAvailable]:
    'A transaction elsewhere was open all the time; find it in pg_stat_activity, end it, and start again.',
}
