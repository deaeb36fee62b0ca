import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { databaseUrl, onServer } from './on-server.ts'

/** Applies the migrations of this repository; an argument, because this package imports no other. */
export type Migrate = (settings: { readonly url: string }) => Promise<unknown>

/**
 * The name of a migrated database on the server, created unless it exists.
 * Several runs may share a server: an advisory lock lets one of them migrate.
 */
export async function templateDatabase(serverUrl: string, migrate: Migrate): Promise<string> {
  const name = `idem_template_${await migrationsHash()}`
  const draft = `${name}_draft`
  await onServer(serverUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) return
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft}`)
    await migrate({ url: databaseUrl(serverUrl, draft) })
    // Renamed when complete, so that an interrupted run leaves no half-migrated template.
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  return name
}

const templateLock = 72707370

const folders = ['prisma/migrations/', 'packages/idempotency/src/migrate/']

async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256')
  for (const path of folders) {
    const folder = new URL(`../../../../${path}`, import.meta.url)
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
      if (/\.(sql|ts)$/.test(name)) hash.update(name).update(await readFile(new URL(name, folder)))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
