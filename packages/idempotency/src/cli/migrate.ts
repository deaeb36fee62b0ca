import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { codeOf } from '../pg/errors/code-of.ts'
import { newestVersion, quoted, sqlFrom, versionOf } from './table-versions.ts'

export type Migrated = { readonly from: number; readonly to: number }

/**
 * An upgrade waits for the readers of the tables, such as a dump, and every attempt waits
 * behind it. So it waits in short turns: for less than an attempt waits for a lock, 1.5 s,
 * and with longer pauses in between. Sixty seconds in all: longer than another instance
 * needs, and shorter than a person would wait for a forgotten transaction.
 */
const turns = { lockTimeout: '500ms', pauseMs: 1_000, patienceMs: 60_000 } as const

/**
 * Creates the tables, or upgrades those of an earlier release.
 * Does nothing when they are current, also for a role that may not create them.
 * Any number of instances may run it at once: it is one transaction, and a lock
 * lets one of them work at a time. Tables of a newer release are not changed.
 */
export async function migrate(
  client: pg.ClientBase,
  schema: string,
  patienceMs: number = turns.patienceMs,
): Promise<Migrated> {
  const to = newestVersion()
  const found = await currentVersion(client, schema)
  if (found >= to) return { from: found, to: found }
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await upgrade(client, schema)
    } catch (error) {
      if (codeOf(error) !== lockNotAvailable) throw error
      if (performance.now() > deadline) throw new Error(tooLong(patienceMs), { cause: error })
      await pause(turns.pauseMs)
    }
  }
}

async function upgrade(client: pg.ClientBase, schema: string): Promise<Migrated> {
  const to = newestVersion()
  // One transaction and nothing outside it, so it works with a pooler in transaction mode.
  await client.query(
    `begin isolation level read committed; set local lock_timeout = '${turns.lockTimeout}'`,
  )
  try {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `idem migrate ${schema}`,
    ])
    const from = await currentVersion(client, schema)
    if (from < to) await client.query(sqlFrom(from, schema))
    await client.query('commit')
    return { from, to: Math.max(from, to) }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

const lockNotAvailable = '55P03'

function tooLong(patienceMs: number): string {
  return `Another transaction kept the tables locked for ${patienceMs / 1_000} s; find it in pg_stat_activity (a dump, a forgotten transaction, or another idem migrate), wait for its end or end it, and run idem migrate again.`
}

/**
 * 0 when there are no tables. Reads the catalog directly: `to_regclass` uses a
 * cache of the session, in which the schema is still missing after the wait for
 * the lock.
 */
async function currentVersion(client: pg.ClientBase, schema: string): Promise<number> {
  const { rows } = await client.query(
    `select obj_description(pg_class.oid, 'pg_class') as comment
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = $1 and relname = 'installation'`,
    [schema],
  )
  if (rows.length === 0) return 0
  const version = versionOf(rows[0].comment)
  if (version !== undefined) return version
  throw new Error(
    `The schema ${quoted(schema)} has a table installation that was not created by idem migrate or idem sql; choose another schema with --schema.`,
  )
}
