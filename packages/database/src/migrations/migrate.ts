import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { migrate as migrateRecords, tableSteps, tableVersion } from '@idem/idempotency/migrate'
import { pgAdapter } from '@idem/idempotency/pg'
import { sqlStateOf } from '@idem/idempotency/server'
import pg from 'pg'
import type { Pooler } from '../pool.ts'
import { withStartUpOptions } from '../session-settings.ts'
import { checkServerVersion } from './check-server-version.ts'
import { changeIndex, type IndexChange, indexChangeOf, invalidIndexes } from './concurrent-index.ts'
import { prismaLock, releaseLock, startLock, takeLock } from './migration-lock.ts'
import {
  type Entry,
  ensureMigrationLog,
  readMigrationLog,
  recordMigration,
} from './migration-log.ts'
import { statementsOf } from './statements-of.ts'

export type MigrateSettings = {
  readonly url: string
  /** Contains one folder per migration with a `migration.sql`. */
  readonly directory?: string
  /** The state to create, for rows of an older release. Default: the newest one. */
  readonly asOf?: { readonly migrations: readonly string[]; readonly records: number }
  /** Behind a pooler nothing is applied: it cannot hold a lock across transactions. */
  readonly pooler?: Pooler | undefined
}

type Migration = {
  readonly name: string
  readonly file: string
  readonly sql: string
  readonly checksum: string
  /** Set when the migration runs outside a transaction. */
  readonly indexChange: IndexChange | undefined
}

/** The runner has its own time-outs; those of the database or the user are meant for requests. */
const migrationTimeouts = { lockTimeoutMs: 60_000, statementTimeoutMs: 0 }

const migrationsOfThisRepository = fileURLToPath(
  new URL('../../../../prisma/migrations', import.meta.url),
)

/**
 * Creates or upgrades the tables of the records, which the package idempotency owns, and applies the
 * missing migrations of the app in the order of their names, each in its own transaction, or outside
 * one if its only statement creates or drops an index concurrently. Any number of processes may start
 * at once: the first applies them, the others find them applied. The migration log has Prisma's form.
 *
 * @throws a readable error when this release cannot use the data
 */
export async function migrate({
  url,
  directory = migrationsOfThisRepository,
  asOf,
  pooler,
}: MigrateSettings): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory, asOf?.migrations)
  const pool = new pg.Pool({
    connectionString: pooler === undefined ? addressOf(url) : url,
    max: 1,
    application_name: 'idem migrate',
    connectionTimeoutMillis: 5000,
  })
  // A lost connection also rejects the running statement; an unhandled event would end the process.
  pool.on('error', () => {})
  try {
    const missing = await withClient(pool, async (client) => {
      await checkServerVersion(client)
      return missingOf(client, migrations)
    })
    if (missing.length > 0 && pooler !== undefined) throw migrationThroughPooler(missing)
    const steps = tableSteps.slice(0, asOf?.records)
    const records = await migrateRecords({ adapter: pgAdapter(pool) }, { steps })
    const changed = records.from === records.to ? [] : [`idem ${records.to}`]
    if (missing.length === 0) return { applied: changed }
    const applied = await withClient(pool, (client) => applyMissing(client, migrations))
    return { applied: [...changed, ...applied] }
  } finally {
    // Ends the session and its locks.
    await pool.end()
  }
}

/**
 * The migrations that the next start would apply.
 *
 * @throws a readable error when this release cannot use the data
 */
export async function pendingMigrations(client: pg.ClientBase): Promise<string[]> {
  const missing = await missingOf(
    client,
    await readMigrations(migrationsOfThisRepository, undefined),
  )
  const records = await tableVersion(
    async (text, values) => (await client.query(text, [...values])).rows,
  )
  const pending = records < tableSteps.length ? [`idem ${tableSteps.length}`] : []
  return [...pending, ...missing.map(({ name }) => name)]
}

/**
 * The search path of a role begins with the schema of its name: for one named idem, as in the embedded
 * PostgreSQL, a new table of the app would be among the records.
 */
function addressOf(url: string): string {
  const address = new URL(withStartUpOptions(url, migrationTimeouts))
  const options = address.searchParams.get('options')
  address.searchParams.set('options', `${options} -c search_path=public`)
  return address.href
}

async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>) {
  const client = await pool.connect()
  client.on('error', ignore)
  try {
    return await work(client)
  } finally {
    client.off('error', ignore)
    client.release()
  }
}

function ignore(): void {}

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

function migrationThroughPooler(missing: Migration[]): Error {
  return new Error(
    `The database lacks ${missing.map(({ name }) => name).join(', ')}, which cannot be applied through a pooler in transaction mode; run "idem migrate" with a DATABASE_URL of PostgreSQL itself and without IDEM_POOLER.`,
  )
}

async function applyMissing(client: pg.ClientBase, migrations: Migration[]): Promise<string[]> {
  await takeLock(client, startLock)
  await takeLock(client, prismaLock)
  await ensureMigrationLog(client)
  await mustBeFinished(client, migrations)
  const applied: string[] = []
  for (;;) {
    // Read again each time, because Prisma's lock is released during an index build.
    const [next] = await missingOf(client, migrations)
    if (next === undefined) return applied
    if (applied.includes(next.name)) {
      throw new Error(`${next.file} was applied, but its index is still invalid; start again.`)
    }
    await apply(client, next)
    applied.push(next.name)
  }
}

/** Needs the lock: otherwise Prisma might be applying it at this moment. */
async function mustBeFinished(client: pg.ClientBase, migrations: Migration[]): Promise<void> {
  const log = await readMigrationLog(client)
  for (const { name, indexChange } of migrations) {
    if (log.get(name)?.finished === false && indexChange === undefined) {
      throw new Error(
        `Migration ${name} was started by Prisma and never finished; repair its tables and mark it with "prisma migrate resolve".`,
      )
    }
  }
}

/** A recorded migration without a folder belongs to a newer release and is ignored. */
async function missingOf(client: pg.ClientBase, migrations: Migration[]): Promise<Migration[]> {
  const log = await readMigrationLog(client)
  mustBeReleased(log, migrations)
  const invalid = await invalidIndexes(client)
  return migrations.filter((migration, at) => {
    if (!isApplied(migration, log.get(migration.name))) return true
    const { indexChange } = migration
    if (indexChange?.kind !== 'create' || !invalid.has(indexChange.index)) return false
    // An interrupted drop also leaves the index invalid, and is missing itself.
    return !migrations.slice(at).some((later) => drops(later, indexChange.index))
  })
}

/** The migrations of the releases begin with 0.1.0: an earlier one is of a development version, whose tables differ. */
function mustBeReleased(log: ReadonlyMap<string, Entry>, [first]: Migration[]): void {
  const early = [...log.keys()].filter((name) => first !== undefined && name < first.name)
  if (early.length === 0) return
  throw new Error(
    'The database was written by a version of Idem before 0.1.0, whose data no release reads; start with an empty one: move the data folder away, or set IDEM_DATA_DIR or DATABASE_URL to another.',
  )
}

function drops({ indexChange }: Migration, index: string): boolean {
  return indexChange?.kind === 'drop' && indexChange.index === index
}

function isApplied(migration: Migration, entry: Entry | undefined): boolean {
  if (entry === undefined) return false
  if (entry.checksum !== migration.checksum) {
    throw new Error(
      `${migration.file} was changed after it was applied to this database; restore the file and write the change as a new migration.`,
    )
  }
  return entry.finished
}

async function apply(client: pg.ClientBase, migration: Migration): Promise<void> {
  const { file, indexChange } = migration
  try {
    if (indexChange === undefined) await applyInTransaction(client, migration)
    else await applyOutside(client, migration, indexChange)
  } catch (cause) {
    if (isOfServer(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `Migration ${file} failed and was rolled back: ${reason.replace(/\.?$/, '.')} ${adviceFor(cause)}`,
      { cause },
    )
  }
}

/**
 * Requests queue behind a migration that waits for a table lock and time out after 1.5 s, so the
 * migration waits in short turns, for as long as a start may take.
 */
const lockTurn = { lock_timeout: '1s', pauseMs: 200, patienceMs: 60_000 } as const

/** Where Citus distributes tables, it changes a second one only over the connections of the first. Elsewhere it means nothing. */
const overOneConnection = `set local citus.multi_shard_modify_mode = 'sequential'`

async function applyInTransaction(client: pg.ClientBase, migration: Migration): Promise<void> {
  const deadline = performance.now() + lockTurn.patienceMs
  for (;;) {
    try {
      await client.query(
        `begin; set local lock_timeout = '${lockTurn.lock_timeout}'; ${overOneConnection}`,
      )
      for (const statement of statementsOf(migration.sql)) {
        await client.query(statement)
        if (client.getTransactionStatus() !== 'T') throw new Error(endsItself)
      }
      await recordMigration(client, migration)
      await client.query('commit')
      return
    } catch (error) {
      if (sqlStateOf(error) !== lockNotAvailable || performance.now() > deadline) throw error
      await client.query('rollback')
      await pause(lockTurn.pauseMs)
    }
  }
}

const endsItself =
  'It ends its transaction; a migration must not contain begin, commit or rollback.'

/**
 * Releases the lock of Prisma and previous releases during the build: sessions that wait for it hold
 * a snapshot, and the build would wait for them.
 */
async function applyOutside(
  client: pg.ClientBase,
  migration: Migration,
  indexChange: IndexChange,
): Promise<void> {
  await releaseLock(client, prismaLock)
  await changeIndex(client, indexChange, migration.sql)
  await takeLock(client, prismaLock)
  await recordMigration(client, migration)
}

/** Errors of the server, not of the migration: no privilege, no space, a lost connection, a shutdown. */
function isOfServer(cause: unknown): boolean {
  const code = sqlStateOf(cause)
  return code !== undefined && /^(42501|08|53|57P|58|E[A-Z]|connection_lost|pool_wait)/.test(code)
}

const lockNotAvailable = '55P03'

/** Citus has no code of its own for it. */
const refusedByWorker = 'operation is not allowed on this node'

function adviceFor(cause: unknown): string {
  if (cause instanceof Error && cause.message === refusedByWorker) {
    return 'This node is a worker: run "idem migrate" with a DATABASE_URL of the coordinator.'
  }
  return advice[sqlStateOf(cause) ?? ''] ?? 'Correct the file and start again.'
}

const isTaken =
  'The database already contains an object of that name that Idem did not create; use an empty database, or rename the object, and start again.'

const advice: Readonly<Record<string, string>> = {
  // Duplicate table, object, schema, function.
  '42P07': isTaken,
  '42710': isTaken,
  '42P06': isTaken,
  '42723': isTaken,
  '25001':
    'A concurrently built index needs a migration of its own with this one statement, and its name without quotes.',
  [lockNotAvailable]:
    'Another transaction stayed open all the time; find it in pg_stat_activity, end it, and start again.',
}
