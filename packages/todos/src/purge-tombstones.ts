import { setTimeout as pause } from 'node:timers/promises'

export type PurgeSettings = {
  /** Runs one statement by itself. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly retentionDays: number
  /** Ends it after the batch under way. */
  readonly signal?: AbortSignal
}

const batchSize = 1_000
const pauseMs = 20

/**
 * Removes todos that were deleted longer ago than the retention, and returns
 * how many. From then on nothing remembers their ids, so `createTodo` refuses
 * ids minted that long ago.
 */
export async function purgeTombstones(settings: PurgeSettings): Promise<number> {
  const { query, retentionDays, signal } = settings
  let purged = 0
  while (signal?.aborted !== true) {
    const [row] = await query(purgeStatement, [retentionDays, batchSize])
    purged += Number(row?.purged ?? 0)
    if (row?.full !== true) break
    await pause(pauseMs)
  }
  return purged
}

const purgeStatement = `
  with old as materialized (
    select owner_id, id from todo
    where deleted_at < clock_timestamp() - make_interval(days => $1::int)
    order by owner_id, id
    limit $2::int
  ), gone as (
    delete from todo using old
    where todo.owner_id = old.owner_id and todo.id = old.id
      -- Restored in between, it is none any more.
      and todo.deleted_at < clock_timestamp() - make_interval(days => $1::int)
    returning 1
  )
  select (select count(*) from gone)::int as purged, (select count(*) from old) = $2::int as full`
