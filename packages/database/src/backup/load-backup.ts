import pg from 'pg'
import { knownMigrations, migrate } from '../migrate.ts'
import { batchSize, type Header, type Table } from './backup-format.ts'
import { rowsOf } from './read-backup.ts'

export type LoadSettings = {
  /** Of a database without todos and keys. */
  readonly url: string
  /** Checked before. */
  readonly file: string
  readonly header: Header
  readonly signal?: AbortSignal
}

/** @throws an error whose message is a sentence where a newer release wrote the backup */
export async function mustKnowMigrations({ migrations }: Header): Promise<void> {
  const known = await knownMigrations()
  const unknown = migrations.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new Error(
    `The backup was written by a newer release of Idem, whose migrations (${unknown.join(', ')}) are not known here; restore it with that release or a later one.`,
  )
}

/**
 * Tables that are there already may be empty, as of a restore that was killed, but not newer than
 * the rows are to be.
 *
 * @throws an error whose message is a sentence where they are not so
 */
export async function mustBeEmpty(url: string, { migrations }: Header): Promise<void> {
  const client = await connect(url)
  try {
    const { rows } = await client.query(`select to_regclass('todo') is null as "isNew"`)
    if (rows[0].isNew) return
    const found = await client.query(isEmptyStatement, [migrations])
    if (found.rows[0].isEmpty) return
  } finally {
    await client.end()
  }
  throw new Error(
    'The database of DATABASE_URL holds todos or keys, or newer tables than the backup, and a restore replaces nothing there; name a new database.',
  )
}

const isEmptyStatement = `
  select not exists (select from todo) and not exists (select from idempotency_record)
    and not exists (select from _prisma_migrations where migration_name <> all ($1)) as "isEmpty"`

/**
 * Makes the tables as they were at the time of the backup, fills them, and only
 * then applies the migrations that came later: they were written for tables with
 * something in them.
 */
export async function loadBackup({ url, file, header, signal }: LoadSettings): Promise<void> {
  await migrate({ url, only: header.migrations })
  const client = await connect(url)
  try {
    await client.query('begin; delete from installation')
    for await (const { table, rows } of batchesOf(file)) {
      signal?.throwIfAborted()
      await client.query(statements[table], [`[${rows.join(',')}]`])
    }
    await client.query(beginNewLedger)
    await client.query('commit')
    // Or the first plans are made for tables that are thought to be empty.
    await client.query('analyze todo, idempotency_record')
  } finally {
    await client.end()
  }
  await migrate({ url })
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'idem restore' })
  // A lost connection also rejects the statement under way; the event alone would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

async function* batchesOf(file: string): AsyncGenerator<{ table: Table; rows: string[] }> {
  let batch: { table: Table; rows: string[] } | undefined
  for await (const { table, row } of rowsOf(file)) {
    if (batch !== undefined && (batch.table !== table || batch.rows.length === batchSize)) {
      yield batch
      batch = undefined
    }
    batch ??= { table, rows: [] }
    batch.rows.push(row)
  }
  if (batch !== undefined) yield batch
}

const statements: Readonly<Record<Table, string>> = {
  installation:
    'insert into installation select * from json_populate_recordset(null::installation, $1::json)',
  todo: 'insert into todo select * from json_populate_recordset(null::todo, $1::json)',
  idempotency_record:
    'insert into idempotency_record select * from json_populate_recordset(null::idempotency_record, $1::json)',
}

/**
 * In the same transaction as the rows: no moment at which they could be served without it.
 * A new epoch tells clients that keys were forgotten. And what was minted before
 * this moment and is not in the backup may have had its effect, which somebody may
 * have seen: it is refused, as a forgotten key is, instead of executed again.
 * A key is claimed from five minutes after `forgotten_before`, so those minted from
 * now on are, at once.
 */
const beginNewLedger = `
  update installation set ledger_epoch = gen_random_uuid(),
    forgotten_before = greatest(forgotten_before, clock_timestamp() - interval '5 minutes')`
