import { setTimeout as pause } from 'node:timers/promises'

export type PurgeSettings = {
  /** Runs one statement outside a transaction. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly retentionDays: number
  /** Stops after the current batch. */
  readonly signal?: AbortSignal
  /** Called after each batch with the number of removed tombstones. */
  readonly onBatch?: (purged: number) => void
}

const batchSize = 1_000
const pauseMs = 20

/**
 * Removes todos that were deleted before the retention period and returns their number. Afterwards
 * their ids are forgotten, so `createTodo` refuses ids minted that long ago.
 */
export async function purgeTombstones(settings: PurgeSettings): Promise<number> {
  const { query, retentionDays, signal, onBatch } = settings
  let purged = 0
  let from: readonly unknown[] = ['-infinity', '', '00000000-0000-0000-0000-000000000000']
  let last = from
  while (signal?.aborted !== true) {
    const [row] = await query(purgeStatement, [retentionDays, ...from])
    purged += Number(row?.purged)
    onBatch?.(Number(row?.purged))
    if (row?.full !== true) break
    from = last
    last = [row.deleted_at, row.owner_id, row.id]
    await pause(pauseMs)
  }
  return purged
}

// A range of the index that starts where the batch before the last one ended: until vacuum, the index
// keeps an entry for each removed row, and a batch from the first entry would read all of them again.
// Reading the rows of the last batch once more makes PostgreSQL mark their entries as dead, so the
// next run, which starts at the first entry, skips them. The bound is a scalar subquery, evaluated
// once: the clock is volatile, so PostgreSQL would compare it with every entry of the index. Restored
// todos have left the range. The bounds on deleted_at alone are for the planner, which cannot
// estimate a range between two rows.
const purgeStatement = `
  with border as (
    select clock_timestamp() - make_interval(days => $1::int) as at
  ), old as materialized (
    select deleted_at, owner_id, id from todo
    where deleted_at < (select at from border)
      and (deleted_at, owner_id, id) > ($2::timestamptz, $3::text, $4::uuid)
    order by deleted_at, owner_id, id
    limit ${batchSize}
  ), first as materialized (
    select deleted_at, owner_id, id from old order by deleted_at, owner_id, id limit 1
  ), last as materialized (
    select deleted_at, owner_id, id from old order by deleted_at desc, owner_id desc, id desc limit 1
  ), gone as (
    delete from todo
    where deleted_at >= (select deleted_at from first) and deleted_at <= (select deleted_at from last)
      and (deleted_at, owner_id, id) >= (select deleted_at, owner_id, id from first)
      and (deleted_at, owner_id, id) <= (select deleted_at, owner_id, id from last)
    returning 1
  )
  select (select count(*) from gone)::int as purged, (select count(*) from old) = ${batchSize} as full,
    (select deleted_at from last)::text as deleted_at, (select owner_id from last) as owner_id,
    (select id from last) as id`
