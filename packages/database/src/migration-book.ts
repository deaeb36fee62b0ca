import { randomUUID } from 'node:crypto'
import type pg from 'pg'

/** What the database knows of a migration that was begun. */
export type Entry = { readonly checksum: string; readonly finished: boolean }

export async function readBook(client: pg.Client): Promise<Map<string, Entry>> {
  const { rows: tables } = await client.query(`select to_regclass('_prisma_migrations') as book`)
  if (tables[0].book === null) return new Map()
  const { rows } = await client.query(
    `select migration_name, checksum, finished_at is not null as finished
     from _prisma_migrations where rolled_back_at is null`,
  )
  return new Map(rows.map((row) => [row.migration_name, row]))
}

/** Looked for first: "create … if not exists" asks for the right to create even where there is nothing to do. */
export async function ensureBook(client: pg.Client): Promise<void> {
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

/** In the book; an entry of a build that Prisma began, or of an index that was built again, is there already. */
export async function note(client: pg.Client, { name, checksum }: Named): Promise<void> {
  await client.query(noteStatement, [randomUUID(), checksum, name])
}

type Named = { readonly name: string; readonly checksum: string }

const noteStatement = `
  with finished as (
    update _prisma_migrations
    set finished_at = clock_timestamp(), applied_steps_count = 1, logs = null
    where migration_name = $3 and rolled_back_at is null and finished_at is null
  )
  insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
  select $1, $2, $3, clock_timestamp(), 1
  where not exists (
    select from _prisma_migrations where migration_name = $3 and rolled_back_at is null
  )`
