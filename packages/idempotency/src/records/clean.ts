import { setTimeout as pause } from 'node:timers/promises'
import type { Query } from '../adapter.ts'
import { addInstallation } from './add-installation.ts'
import type { KeyPolicy, Tables } from './key-policy.ts'

export type CleanSettings = {
  /** Runs one statement by itself. */
  readonly query: Query
  readonly policy: KeyPolicy
  /** Ends it after the batch in progress. */
  readonly signal?: AbortSignal | undefined
  /** After each batch, with the number of records it removed. */
  readonly onBatch?: ((forgotten: number) => void) | undefined
}

/** About 10 ms of work, which no session that waits for a lock or the disk notices. */
const batchSize = 1_000
/** Leaves half of the time to requests. */
const pauseMs = 20

/**
 * Removes the records that are older than the retention, and returns how many.
 * Any number of instances may run it at once. The same statement stores the time of
 * the youngest removed record, so a time-ordered key that was removed is never
 * claimed again, even if the retention is raised afterwards.
 */
export async function cleanKeys(settings: CleanSettings): Promise<number> {
  const { query, policy, signal, onBatch } = settings
  const statement = cleanStatement(policy.tables)
  let forgotten = 0
  let from: readonly unknown[] = ['-infinity', '', '']
  let last = from
  while (signal?.aborted !== true) {
    const [row] = await query(statement, [policy.retentionHours, ...from])
    forgotten += Number(row?.forgotten)
    onBatch?.(Number(row?.forgotten))
    if (row?.installed === false) await query(addInstallation(policy), [])
    if (row?.full !== true) break
    from = last
    last = [row.created_at, row.owner_id, row.key]
    await pause(pauseMs)
  }
  return forgotten
}

// A range of the index, and by all of its columns: even when many records share one instant, a batch
// ends. Another instance that removes the same rows waits for them and finds them gone. Each batch
// begins where the one before the last ended: until vacuum runs, the index still has an entry for
// each removed record, and a batch that began at the first entry would read all of them again. The
// entries of the last batch are read once more, which lets PostgreSQL mark them as dead: the next
// run, which does begin at the first entry, skips them. The border is a scalar subquery, evaluated
// once: the clock itself changes from row to row, so PostgreSQL would compare it with every entry of
// the index instead of ending at the border. The bounds of created_at alone are for the planner,
// which cannot estimate a range between two rows.
const cleanStatement = ({ record, installation }: Tables) => `
  with border as (
    select clock_timestamp() - make_interval(hours => $1::int) as at
  ), old as materialized (
    select created_at, owner_id, key from ${record}
    where created_at < (select at from border)
      and (created_at, owner_id, key) > ($2::timestamptz, $3::text, $4::text)
    order by created_at, owner_id, key
    limit ${batchSize}
  ), first as materialized (
    select created_at, owner_id, key from old order by created_at, owner_id, key limit 1
  ), last as materialized (
    select created_at, owner_id, key from old order by created_at desc, owner_id desc, key desc limit 1
  ), gone as (
    delete from ${record}
    where created_at >= (select created_at from first) and created_at <= (select created_at from last)
      and (created_at, owner_id, key) >= (select created_at, owner_id, key from first)
      and (created_at, owner_id, key) <= (select created_at, owner_id, key from last)
    returning created_at
  ), remembered as (
    update ${installation} set forgotten_before = youngest
    from (select max(created_at) as youngest from gone) as removed
    where forgotten_before < youngest
    returning 1
  )
  select (select count(*) from gone)::int as forgotten, (select count(*) from old) = ${batchSize} as full,
    (select created_at from last)::text as created_at, (select owner_id from last) as owner_id,
    (select key from last) as key, exists (select from ${installation}) as installed`
