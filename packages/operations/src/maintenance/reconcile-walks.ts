/**
 * A way through a table in the order of an index. Its statement looks at the
 * rows behind `$2…`, at most `$1` of them, and gives one row: `findings`, `full`
 * unless the end was reached, and under `columns` the position of its last row.
 */
export type ReconcileWalk = {
  readonly columns: readonly string[]
  /** Before every row. */
  readonly start: readonly unknown[]
  readonly statement: string
  /** The retention is its last parameter. */
  readonly asksForRetention: boolean
}

const nil = '00000000-0000-0000-0000-000000000000'

/**
 * By key, of which the todos lie side by side. A step begins with the last todo
 * of the one before it, so that these two are compared as well; if that one was
 * purged meanwhile, the pair is not looked at. An opaque key counts as new once
 * it was forgotten, and may make a todo a week; a time-ordered key never. A
 * todo and its key are dated by two readings of the clock: what is near the
 * border is left alone.
 */
const duplicates: ReconcileWalk = {
  columns: ['owner_id', 'created_key', 'created_at', 'id'],
  start: ['', '', '-infinity', nil],
  asksForRetention: true,
  statement: `
    with step as materialized (
      select owner_id, created_key collate "C" as created_key, created_at, id
      from todo
      where created_key is not null
        and (owner_id, created_key collate "C") >= ($2::text, $3::text)
        and (owner_id, created_key collate "C", created_at, id)
          >= ($2::text, $3::text, $4::timestamptz, $5::uuid)
      order by owner_id, created_key collate "C", created_at, id
      limit $1::int
    ), compared as (
      select created_key, created_at - lag(created_at) over (
        partition by owner_id, created_key order by created_at, id
      ) as since_last
      from step
    )
    select (
      select count(*) from compared
      where since_last < make_interval(hours => $6::int) - interval '10 minutes'
        or (since_last is not null and created_key ~* '^[0-9a-f]{8}-[0-9a-f]{4}-7')
    )::int as findings, ${endOf('owner_id, created_key, created_at, id')}`,
}

/**
 * By record. A key outlives its todo when tombstones are purged sooner than keys
 * are cleaned, so of a todo that is gone altogether only creates are asked for:
 * a purge takes no todo made within a day.
 */
const keysWithoutEffect: ReconcileWalk = {
  columns: ['owner_id', 'key'],
  start: ['', ''],
  asksForRetention: false,
  statement: `
    with step as materialized (
      select owner_id, key, operation, created_at, answer
      from idempotency_record
      where (owner_id, key) > ($2::text, $3::text)
      order by owner_id, key
      limit $1::int
    ), answered as materialized (
      select owner_id, operation, created_at, (answer::json ->> 'id')::uuid as id,
        (answer::json ->> 'version')::int as version
      from step
      where operation in ('createTodo', 'updateTodo', 'restoreTodo') and answer is not null
    )
    select (
      select count(*) from answered
      left join todo on todo.owner_id = answered.owner_id and todo.id = answered.id
      where todo.version < answered.version
        or (todo.id is null and answered.operation = 'createTodo'
          and answered.created_at > clock_timestamp() - interval '23 hours')
    )::int as findings, ${endOf('owner_id, key')}`,
}

/**
 * By todo. Cleaning may be under way, and dates the todo by another reading of
 * the clock: what is near the border is left to the next night.
 */
const effectsWithoutKey: ReconcileWalk = {
  columns: ['owner_id', 'id'],
  start: ['', nil],
  asksForRetention: true,
  statement: `
    with step as materialized (
      select owner_id, id, created_key, created_at
      from todo
      where (owner_id, id) > ($2::text, $3::uuid)
      order by owner_id, id
      limit $1::int
    )
    select (
      select count(*) from step
      left join idempotency_record record
        on record.owner_id = step.owner_id and record.key = step.created_key
          and record.operation = 'createTodo'
      where step.created_key is not null
        and step.created_at > clock_timestamp() - make_interval(hours => $4::int) + interval '10 minutes'
        and step.created_at > (select forgotten_before from installation) + interval '10 minutes'
        and (record.answer::json ->> 'id')::uuid is distinct from step.id
    )::int as findings, ${endOf('owner_id, id')}`,
}

/** SQL: whether there may be more behind the step, and the position of its last row. */
function endOf(columns: string): string {
  const names = columns.split(', ')
  // By the columns of the step: "created_at" alone would be the text that is selected.
  const last = `from step order by ${names.map((name) => `step.${name} desc`).join(', ')} limit 1`
  const position = names.map((name) => `(select ${name}::text ${last}) as ${name}`)
  return `(select count(*) from step) = $1::int as "full", ${position.join(', ')}`
}

export const reconcileWalks = { duplicates, keysWithoutEffect, effectsWithoutKey } as const
