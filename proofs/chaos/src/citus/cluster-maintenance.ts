import { loadBackup } from '@idem/database/backup/load-backup'
import { checkBackup } from '@idem/database/backup/read-backup'
import { reconcile } from '@idem/operations/reconcile'
import { onServer } from '@idem/test-support/on-server'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { afterAll, beforeAll, expect } from 'vitest'
import { type ClusterWorld, clusterWorld } from './cluster-world.ts'

export const policy = { retentionHours: 24 }
export const nothing = { duplicates: 0, keysWithoutEffect: 0, effectsWithoutKey: 0 }

/** One cluster for all tests of a file, none of whose answers may be a 500. */
export function worldOfFile(begin: (world: ClusterWorld) => void): void {
  const statuses: number[] = []
  let world: ClusterWorld | undefined
  beforeAll(async () => {
    world = await clusterWorld(16, ({ status }) => statuses.push(status))
    begin(world)
  })
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    expect(statuses).not.toContain(500)
  })
}

/** A session of maintenance. */
export async function session(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const query = async (text: string, values: readonly unknown[] = []) =>
    (await client.query(text, [...values])).rows
  return { query, [Symbol.asyncDispose]: () => client.end() }
}

/** What differs between keys and effects. */
export async function findingsIn(url: string) {
  await using it = await session(url)
  return await reconcile({ query: it.query, policy, rowsPerStep: 50 })
}

/** A database without tables, on one PostgreSQL. */
export async function emptyDatabase() {
  const database = await scratchDatabase()
  await onServer(database.url, (sql) =>
    sql.query('drop schema public, idem cascade; create schema public'),
  )
  return database
}

/** Restores a backup into one PostgreSQL, and compares its keys with its effects. */
export async function restoreOnce(file: string) {
  await using restored = await emptyDatabase()
  const { header, counts } = await checkBackup(file, () => [])
  await loadBackup({ url: restored.url, file, header, deletedOwners: [] })
  return { counts, findings: await findingsIn(restored.url) }
}
