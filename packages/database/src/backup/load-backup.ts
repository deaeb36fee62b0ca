import type { Query } from '@idem/idempotency'
import { checkRequirements, tableSteps, tableVersion } from '@idem/idempotency/migrate'
import pg from 'pg'
import { knownMigrations, migrate } from '../migrations/migrate.ts'
import { readMigrationLog } from '../migrations/migration-log.ts'
import { batchSize, type Header, type Table, tables } from './backup-format.ts'
import { rowsOf } from './read-backup.ts'

export type LoadSettings = {
  /** The URL of a database without todos and keys. */
  readonly url: string
  /** Checked by `checkBackup`. */
  readonly file: string
  readonly header: Header
  /** Owners that were deleted after the backup, beside those that it names. */
  readonly deletedOwners: readonly string[]
  readonly signal?: AbortSignal
}

/** @throws a readable error when a newer release wrote the backup */
export async function checkMigrations({ migrations, records }: Header): Promise<void> {
  const known = await knownMigrations()
  const unknown = migrations.filter((name) => !known.includes(name))
  if (records > tableSteps.length) unknown.unshift(`idem ${records}`)
  if (unknown.length === 0) return
  throw new Error(
    `The backup was written by a newer release of Idem, whose migrations (${unknown.join(', ')}) are not known here; restore it with that release or a later one.`,
  )
}

/**
 * Existing tables may be empty, as after a killed restore, but not newer than the rows of the backup.
 *
 * @throws a readable error otherwise
 */
export async function checkIsEmpty(url: string, header: Header): Promise<void> {
  const client = await connect(url)
  try {
    if (await isEmpty(client, header)) return
  } finally {
    await client.end()
  }
  throw new Error(
    'The database of DATABASE_URL contains todos or keys, or newer tables than the backup, and a restore does not replace them; use a new database.',
  )
}

async function isEmpty(client: pg.Client, { migrations, records }: Header): Promise<boolean> {
  if ((await tableVersion(queryOf(client))) > records) return false
  const log = await readMigrationLog(client)
  if ([...log.keys()].some((name) => !migrations.includes(name))) return false
  for (const table of [tables.todo, tables.idempotency_record, tables.auth_user]) {
    const { rows } = await client.query('select to_regclass($1) is null as "isNew"', [table])
    if (rows[0].isNew) continue
    if ((await client.query(`select 1 from ${table} limit 1`)).rowCount !== 0) return false
  }
  return true
}

/**
 * Creates the tables as of the backup, fills them, and then applies the later migrations, which
 * expect tables with data.
 */
export async function loadBackup({
  url,
  file,
  header,
  deletedOwners,
  signal,
}: LoadSettings): Promise<void> {
  await migrate({ url, asOf: header })
  const client = await connect(url)
  try {
    await client.query(`begin; delete from ${tables.installation}`)
    for await (const { table, rows } of batchesOf(file)) {
      signal?.throwIfAborted()
      await client.query(insertInto(table), [`[${rows.join(',')}]`]).catch(explainRejected)
    }
    await checkRequirements(queryOf(client))
    await client.query(recordDeletedOwners, [deletedOwners])
    await client.query(`${removeDeletedOwners}; ${disableApiKeys}; ${beginNewLedger}`)
    await client.query('commit')
    // Without analyze the first plans would assume empty tables.
    await client.query(`analyze ${tables.todo}, ${tables.idempotency_record}`)
  } finally {
    await client.end()
  }
  await migrate({ url })
}

function queryOf(client: pg.Client): Query {
  return async (text, values) => (await client.query(text, [...values])).rows
}

/** Classes 22 and 23 of SQLSTATE: the values themselves. Rows were checked alone, and not against each other. */
function explainRejected(cause: unknown): never {
  if (!(cause instanceof pg.DatabaseError) || !/^2[23]/.test(cause.code ?? '')) throw cause
  const rule = cause.constraint ?? cause.code
  throw new Error(
    `The database rejects rows of the backup (${rule}), so nothing was restored; use a file that idem backup wrote.`,
    { cause },
  )
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'idem restore' })
  // A lost connection also rejects the running statement; an unhandled event would end the process.
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

function insertInto(table: Table): string {
  const name = tables[table]
  const insert = `insert into ${name} select * from json_populate_recordset(null::${name}, $1::json)`
  // An empty database may have had some of these accounts.
  return table === 'deleted_owner' ? `${insert} on conflict do nothing` : insert
}

const recordDeletedOwners = `
  insert into ${tables.deleted_owner} (owner) select unnest($1::text[]) on conflict do nothing`

/**
 * A deletion is not undone by a restore. The owner `local` of a deleted account is not given again to the
 * first one of a backup from before it.
 */
const removeDeletedOwners = `
  delete from ${tables.todo} where owner_id in (select owner from ${tables.deleted_owner});
  delete from ${tables.idempotency_record} where owner_id in (select owner from ${tables.deleted_owner});
  delete from ${tables.auth_user} where owner in (select owner from ${tables.deleted_owner});
  update ${tables.installation} set requires = array_append(requires, 'accounts')
    where exists (select 1 from ${tables.deleted_owner}) and not 'accounts' = any(requires)`

/** A key of the backup may have been revoked since. */
const disableApiKeys = `update ${tables.api_key} set disabled_at = now() where disabled_at is null`

/**
 * In the same transaction as the rows, so that they cannot be served without it. The new epoch
 * shows clients that keys were forgotten. A key minted before the restore that is not in the backup
 * may have had its effect: it is refused like a forgotten key instead of executed again. A key can be
 * claimed if it was minted more than five minutes after `forgotten_before`, so keys minted from now
 * on can be claimed immediately.
 */
const beginNewLedger = `
  update idem.installation set ledger_epoch = gen_random_uuid(),
    forgotten_before = greatest(forgotten_before, clock_timestamp() - interval '5 minutes')`
