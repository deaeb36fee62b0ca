import { setTimeout as pause } from 'node:timers/promises'
import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { checkRequirements } from './check-requirements.ts'
import { statementsFrom, tableSteps } from './table-steps.ts'
import { tableVersion } from './table-version.ts'

export type MigrateOptions<Tx> = {
  /** The adapter of your servers, on a role that may create tables. */
  readonly adapter: IdempotencyAdapter<Tx>
  /** The PostgreSQL schema of the tables; `idem` by default. */
  readonly schema?: string | undefined
}

/** The versions of the tables before and after; equal when nothing had to be done, 0 when there were none. */
export type Migrated = { readonly from: number; readonly to: number }

type Steps = {
  readonly steps?: readonly (readonly string[])[]
  /** How long an upgrade waits for other transactions, in milliseconds. */
  readonly patienceMs?: number
}

/**
 * An upgrade waits for the readers of the tables, such as a dump, and every attempt waits
 * behind it. So it waits in short turns: for less than an attempt waits for a lock, 1.5 s,
 * and with longer pauses in between. Sixty seconds in all: longer than another instance
 * needs, and shorter than a person would wait for a forgotten transaction.
 */
const turns = { lockTimeout: '500ms', pauseMs: 1_000, patienceMs: 60_000 } as const

/**
 * Creates the tables, or upgrades those of an earlier release, as `npx idem migrate` does.
 * Does nothing when they are current, also for a role that may only read them. Any number
 * of instances may call it at once: it is one transaction, and a lock lets one of them work
 * at a time. Tables of a newer release are not changed.
 *
 * @throws when the data require something that this release does not know, when another program
 * created the tables, and when another transaction keeps them locked for a minute
 */
export async function migrate<Tx>(
  { adapter, schema = 'idem' }: MigrateOptions<Tx>,
  { steps = tableSteps, patienceMs = turns.patienceMs }: Steps = {},
): Promise<Migrated> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await adapter.transaction((_, query) => upgrade(query, schema, steps))
    } catch (error) {
      if (adapter.codeOf(error) !== lockNotAvailable) throw error
      if (performance.now() > deadline) throw new Error(tooLong(patienceMs), { cause: error })
      await pause(turns.pauseMs)
    }
  }
}

/** Everything is in one transaction, so it works with a pooler in transaction mode. */
async function upgrade(
  query: Query,
  schema: string,
  steps: readonly (readonly string[])[],
): Promise<Migrated> {
  const found = await tableVersion(query, schema)
  await checkRequirements(query, schema)
  if (found >= steps.length) return { from: found, to: found }
  await query(`set local lock_timeout = '${turns.lockTimeout}'`, [])
  await query('select pg_advisory_xact_lock(hashtextextended($1, 0))::text', [
    `idem migrate ${schema}`,
  ])
  const from = await tableVersion(query, schema)
  if (from >= steps.length) return { from, to: from }
  for (const statement of statementsFrom(from, schema, steps)) await query(statement, [])
  return { from, to: steps.length }
}

const lockNotAvailable = '55P03'

function tooLong(patienceMs: number): string {
  return `Another transaction kept the tables locked for ${patienceMs / 1_000} s; find it in pg_stat_activity (a dump, a forgotten transaction, or another idem migrate), wait for its end or end it, and migrate again.`
}
