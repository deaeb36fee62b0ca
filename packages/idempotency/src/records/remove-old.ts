import { setTimeout as pause } from 'node:timers/promises'
import type { Query, Row } from '../adapter.ts'

export type OldRows = {
  /** SQL: the name of the table. */
  readonly table: string
  /** The columns of the index by which it is cleaned, with their types. The first is the time; null is kept. */
  readonly order: Readonly<Record<string, 'timestamptz' | 'text' | 'uuid'>>
  /** How long a row is kept, or the last time of those that are removed. */
  readonly kept:
    | { readonly unit: 'hours' | 'days'; readonly count: number }
    | { readonly after: string }
  /** SQL: CTEs that use `gone`, the times of the removed rows, and what to select of them beside. */
  readonly also?: { readonly with: string; readonly select: string } | undefined
  /** Called with the row that each statement returned. */
  readonly afterBatch?: ((row: Row) => Promise<void>) | undefined
}

export type RemovalSettings = {
  /** Runs one statement by itself. */
  readonly query: Query
  /** Ends it after the batch in progress. */
  readonly signal?: AbortSignal | undefined
  /** Called after each batch with the number of rows that it removed. */
  readonly onBatch?: ((removed: number) => void) | undefined
}

/** About 10 ms of work, which no session that waits for a lock or the disk notices. */
const batchSize = 1_000
/** Leaves half of the time to requests. */
const pauseMs = 20

/** Removes old rows and returns how many. Any number of instances may run it at once. */
export async function removeOld(
  old: OldRows,
  { query, signal, onBatch }: RemovalSettings,
): Promise<number> {
  const columns = Object.keys(old.order)
  const statement = removalOf(old)
  const border = 'after' in old.kept ? old.kept.after : old.kept.count
  let removed = 0
  let from: readonly unknown[] = Object.values(old.order).map((type) => lowest[type])
  let last = from
  while (signal?.aborted !== true) {
    const [{ result } = {}] = await query(statement, [border, ...from])
    const row: Row = JSON.parse(String(result))
    removed += Number(row.removed)
    onBatch?.(Number(row.removed))
    await old.afterBatch?.(row)
    if (row.full !== true) break
    from = last
    last = columns.map((column) => row[column])
    await pause(pauseMs)
  }
  return removed
}

const lowest = {
  timestamptz: '-infinity',
  text: '',
  uuid: '00000000-0000-0000-0000-000000000000',
} as const

// A range of the index, and by all of its columns: even when many rows share one instant, a batch
// ends. Another instance that removes the same rows waits for them and finds them gone. Each batch
// begins where the one before the last ended: until vacuum runs, the index still has an entry for
// each removed row, and a batch that began at the first entry would read all of them again. The
// entries of the last batch are read once more, which lets PostgreSQL mark them as dead: the next
// run, which does begin at the first entry, skips them. The border is a scalar subquery, evaluated
// once: the clock itself changes from row to row, so PostgreSQL would compare it with every entry of
// the index instead of ending at the border. The bounds of the time alone are for the planner,
// which cannot estimate a range between two rows.
// The row is one column, which a command to a shard can return.
function removalOf({ table, order, kept, also }: OldRows): string {
  const columns = Object.keys(order)
  const [time] = columns
  const place = columns.join(', ')
  const after = Object.values(order).map((type, at) => `$${at + 2}::${type}`)
  const backwards = columns.map((column) => `${column} desc`)
  return `
  with border as (
    select ${borderOf(kept)} as at
  ), old as materialized (
    select ${place} from ${table}
    where ${time} < (select at from border) and (${place}) > (${after.join(', ')})
    order by ${place}
    limit ${batchSize}
  ), first as materialized (
    select ${place} from old order by ${place} limit 1
  ), last as materialized (
    select ${place} from old order by ${backwards.join(', ')} limit 1
  ), gone as (
    delete from ${table}
    where ${time} >= (select ${time} from first) and ${time} <= (select ${time} from last)
      and (${place}) >= (select ${place} from first) and (${place}) <= (select ${place} from last)
    returning ${time} as at
  )${also ? `, ${also.with}` : ''}
  select row_to_json(batch)::text as result from (
    select (select count(*) from gone)::int as removed, (select count(*) from old) = ${batchSize} as "full",
      ${columns.map((column) => `(select ${column} from last)::text as ${column}`).join(', ')}${also ? `, ${also.select}` : ''}
  ) as batch`
}

/** SQL: the time before which rows are removed. Times have milliseconds. */
function borderOf(kept: OldRows['kept']): string {
  return 'after' in kept
    ? `$1::timestamptz + interval '1 ms'`
    : `clock_timestamp() - make_interval(${kept.unit} => $1::int)`
}
