import { setTimeout as pause } from 'node:timers/promises'

export type RemovalOfOwnersSettings = {
  /** Runs one statement outside a transaction. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  /** Stops after the current batch. */
  readonly signal: AbortSignal
  /** From a deletion to the first look, and the least time to the next one. Default: a minute. */
  readonly waitMs?: number
}

/**
 * Another process may have the session of a deleted account in its cache for 5 s, and a request that it
 * admits then takes 10 s at most.
 */
const longEnoughMs = 60_000

/** About 10 ms of work. */
const batchSize = 1_000
/** Leaves half of the time to requests. */
const pauseMs = 20

/**
 * Removes the todos and keys of deleted accounts, and returns how many rows. Any number of instances may
 * run it at once. An owner is looked at again whenever twice the time has passed since the deletion: a
 * process that was suspended may commit after any time.
 */
export async function removeDeletedOwners(settings: RemovalOfOwnersSettings): Promise<number> {
  const { query, signal, waitMs = longEnoughMs } = settings
  const rows = await query(due, [waitMs])
  let removed = 0
  for (const { owner } of rows) {
    for (const table of tables) removed += await removeRowsOf(owner, table, settings)
    // Otherwise the next run continues with this owner.
    if (signal.aborted) break
    await query('update deleted_owner set checked_at = now() where owner = $1', [owner])
  }
  return removed
}

const due = `
  with wait as (select make_interval(secs => $1::float8 / 1000) as least)
  select owner from deleted_owner, wait
  where now() >= coalesce(checked_at + greatest(checked_at - deleted_at, least), deleted_at + least)
  order by deleted_at`

const tables = [
  { table: 'idem.idempotency_record', column: 'key', type: 'text', lowest: '' },
  { table: 'todo', column: 'id', type: 'uuid', lowest: '00000000-0000-0000-0000-000000000000' },
] as const

async function removeRowsOf(
  owner: unknown,
  { table, column, type, lowest }: (typeof tables)[number],
  { query, signal }: RemovalOfOwnersSettings,
): Promise<number> {
  // A batch begins where the last one ended: the index still has an entry for each removed row.
  const next = `select ${column}::text as place from ${table}
    where owner_id = $1 and ${column} > $2::${type} order by ${column} limit ${batchSize}`
  const remove = `delete from ${table}
    where owner_id = $1 and ${column} = any($2::${type}[]) returning 1`
  let removed = 0
  let last: unknown = lowest
  while (!signal.aborted) {
    const places = (await query(next, [owner, last])).map(({ place }) => place)
    removed += (await query(remove, [owner, places])).length
    if (places.length < batchSize) break
    last = places.at(-1)
    await pause(pauseMs)
  }
  return removed
}
