import { randomUUID } from 'node:crypto'
import type pg from 'pg'

/** The recorded state of a migration. */
export type Entry = { readonly checksum: string; readonly finished: boolean }

export async function readMigrationLog(client: pg.ClientBase): Promise<Map<string, Entry>> {
  const { rows: tables } = await client.query(
    `select to_regclass('public._prisma_migrations') as log`,
  )
  if (tables[0].log === null) return new Map()
  const { rows } = await client.query(
    `select migration_name, checksum, finished_at is not null as finished
     from public._prisma_migrations where rolled_back_at is null`,
  )
  return new Map(rows.map((row) => [row.migration_name, row]))
}

/** Checks first: "create … if not exists" needs the privilege to create even if the table exists. */
export async function ensureMigrationLog(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(`select to_regclass('public._prisma_migrations') as log`)
  if (rows[0].log === null) await client.query(createLog)
}

// Exactly the table that Prisma creates.
const createLog = `
  create table public._prisma_migrations (
    id                  varchar(36)  primary key not null,
    checksum            varchar(64)  not null,
    finished_at         timestamptz,
    migration_name      varchar(255) not null,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz  not null default now(),
    applied_steps_count integer      not null default 0
  )`

/** Records the migration, under the lock. An entry exists already for a build that Prisma started and for a rebuilt index. */
export async function recordMigration(
  client: pg.ClientBase,
  { name, checksum }: Named,
): Promise<void> {
  const { rowCount } = await client.query(findEntry, [name])
  if (rowCount === 0) await client.query(addEntry, [randomUUID(), checksum, name])
  else await client.query(finishEntry, [name])
}

type Named = { readonly name: string; readonly checksum: string }

const findEntry =
  'select 1 from public._prisma_migrations where migration_name = $1 and rolled_back_at is null'

const addEntry = `
  insert into public._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
  values ($1, $2, $3, statement_timestamp(), 1)`

const finishEntry = `
  update public._prisma_migrations
  set finished_at = statement_timestamp(), applied_steps_count = 1, logs = null
  where migration_name = $1 and rolled_back_at is null and finished_at is null`
