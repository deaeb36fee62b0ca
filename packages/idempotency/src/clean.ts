import { setTimeout as pause } from 'node:timers/promises'
import type { Query } from './attempt.ts'
import type { KeyPolicy } from './key-policy.ts'

export type CleanSettings = {
  /** Runs one statement by itself. */
  readonly query: Query
  readonly policy: KeyPolicy
  /** Ends it after the batch under way. */
  readonly signal?: AbortSignal
}

/** Some 10 ms of work: nobody who waits for a lock or the disk notices. */
const batchSize = 1_000
/** Half of the time is left to those who are served. */
const pauseMs = 20

/**
 * Forgets the records that are older than the retention, and returns how many.
 * Any number of instances may run it at once. What it removed last is written
 * down by the same statement, so a timed key that was forgotten is never
 * claimed again, even if the retention is raised afterwards.
 */
export async function cleanKeys({ query, policy, signal }: CleanSettings): Promise<number> {
  let forgotten = 0
  while (signal?.aborted !== true) {
    const [row] = await query(cleanStatement, [policy.retentionHours, batchSize])
    forgotten += Number(row?.forgotten ?? 0)
    if (row?.full !== true) break
    await pause(pauseMs)
  }
  return forgotten
}

// In the order of the index, and by the whole of it: however many records share one instant, a
// batch ends. Another instance at the same rows waits for them and finds them gone.
const cleanStatement = `
  with old as materialized (
    select owner_id, key from idempotency_record
    where created_at < clock_timestamp() - make_interval(hours => $1::int)
    order by created_at, owner_id, key
    limit $2::int
  ), gone as (
    delete from idempotency_record record using old
    where record.owner_id = old.owner_id and record.key = old.key
    returning record.created_at
  ), remembered as (
    update installation set forgotten_before = youngest
    from (select max(created_at) as youngest from gone) as removed
    where forgotten_before < youngest
    returning 1
  )
  select (select count(*) from gone)::int as forgotten, (select count(*) from old) = $2::int as full`
