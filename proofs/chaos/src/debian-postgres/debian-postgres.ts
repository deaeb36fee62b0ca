import pg from 'pg'
import type { KillablePostgres } from '../nemesis/killable-postgres.ts'
import { ownPostgres } from '../servers/own-postgres.ts'
import { debianBinaries } from './debian-binaries.ts'

/** `url` is for a role without special privileges that owns its database. */
export type DebianPostgres = KillablePostgres & { readonly superuserUrl: string }

/**
 * Debian's PostgreSQL 17 with the settings of `pg_createcluster` on a German machine. The role of the server
 * has New York's time zone.
 */
export async function debianPostgres(): Promise<DebianPostgres> {
  const postgres = await ownPostgres({
    binaries: await debianBinaries(),
    locale: 'de_DE.UTF-8',
    settings: [`cluster_name = '17/main'`, `log_line_prefix = '%m [%p] %q%u@%d '`],
  })
  await createRole(postgres.url)
  return { ...postgres, url: postgres.addressOf('idem'), superuserUrl: postgres.url }
}

async function createRole(superuserUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    await client.query(
      `create role idem login createdb password '${new URL(superuserUrl).password}'`,
    )
    await client.query('create database idem owner idem')
    // The zone of the database, and that of the role for the databases that tests create.
    await client.query(`alter database idem set timezone to 'America/New_York'`)
    await client.query(`alter role idem set timezone to 'America/New_York'`)
  } finally {
    await client.end()
  }
}
