import { Todo } from '@idem/contract/todo'
import type { Part } from '@idem/database/parts'
import { mutations } from '../mutations.ts'

/**
 * Reads a table step by step in the order of an index. The statement reads at most `$1` rows after the
 * position `$2…` and returns one row as JSON in the column `result`: `findings`, `full` unless the end was
 * reached, and in `columns` the position of its last row.
 */
export type ReconcileWalk = {
  readonly columns: readonly string[]
  /** The position before the first row. */
  readonly start: readonly unknown[]
  readonly statement: (tables: Part['tables']) => string
  /** Whether the retention is its last parameter. */
  readonly asksForRetention: boolean
}

/** SQL: the operations whose answer is the todo that they leave. */
const answeredWithTodo = Object.entries(mutations)
  .filter(([, { answer }]) => answer === Todo)
  .map(([operation]) => `'${operation}'`)
  .join(', ')

/** SQL: the todos and keys of a deleted account are removed one after the other. */
const isOfAnAccount = ({ deleted_owner }: Pick<Part['tables'], 'deleted_owner'>) =>
  `not exists (select 1 from ${deleted_owner} as deleted where deleted.owner = step.owner_id)`

const nil = '00000000-0000-0000-0000-000000000000'

/**
 * This walk goes by key: the todos of one key are adjacent. A step begins with the last todo of the previous step, so
 * that it is compared with the next one; if it was purged in between, the pair is not compared. A
 * forgotten opaque key counts as new and may create another todo, a time-ordered key never. A todo and
 * its key have times of two clock readings, so pairs near the limit are ignored.
 */
const duplicates: ReconcileWalk = {
  columns: ['owner_id', 'created_key', 'created_at', 'id'],
  start: ['', '', '-infinity', nil],
  asksForRetention: true,
  statement: ({ todo }) => `
    with step as materialized (
      select owner_id, created_key collate "C" as created_key, created_at, id
      from ${todo}
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
    ${resultOf(
      `select count(*) from compared
      where since_last < make_interval(hours => $6::int) - interval '10 minutes'
        or (since_last is not null and created_key ~* '^[0-9a-f]{8}-[0-9a-f]{4}-7')`,
      'owner_id, created_key, created_at, id',
    )}`,
}

/**
 * This walk goes by record. A key outlives its todo if tombstones are purged before keys are cleaned. So a missing todo
 * counts only for a create of the last day, whose todo cannot have been purged yet.
 */
const keysWithoutEffect: ReconcileWalk = {
  columns: ['owner_id', 'key'],
  start: ['', ''],
  asksForRetention: false,
  statement: ({ todo, idempotency_record: record, ...tables }) => `
    with step as materialized (
      select owner_id, key, operation, created_at, answer
      from ${record}
      where (owner_id, key) > ($2::text, $3::text)
      order by owner_id, key
      limit $1::int
    ), answered as materialized (
      select owner_id, operation, created_at, (answer::json ->> 'id')::uuid as id,
        (answer::json ->> 'version')::int as version
      from step
      where ${isOfAnAccount(tables)} and operation in (${answeredWithTodo}) and answer is not null
    )
    ${resultOf(
      `select count(*) from answered
      left join ${todo} as todo on todo.owner_id = answered.owner_id and todo.id = answered.id
      where todo.version < answered.version
        or (todo.id is null and answered.operation = 'createTodo'
          and answered.created_at > clock_timestamp() - interval '23 hours')`,
      'owner_id, key',
    )}`,
}

/**
 * This walk goes by todo. Cleaning may run at the same time with another clock reading, so todos near the limit are left
 * to the next run.
 */
const effectsWithoutKey: ReconcileWalk = {
  columns: ['owner_id', 'id'],
  start: ['', nil],
  asksForRetention: true,
  statement: ({ todo, idempotency_record: record, installation, ...tables }) => `
    with step as materialized (
      select owner_id, id, created_key, created_at
      from ${todo}
      where (owner_id, id) > ($2::text, $3::uuid)
      order by owner_id, id
      limit $1::int
    )
    ${resultOf(
      `select count(*) from step
      left join ${record} as record
        on record.owner_id = step.owner_id and record.key = step.created_key
          and record.operation = 'createTodo'
      where step.created_key is not null and ${isOfAnAccount(tables)}
        and step.created_at > clock_timestamp() - make_interval(hours => $4::int) + interval '10 minutes'
        and step.created_at > (select forgotten_before from ${installation}) + interval '10 minutes'
        and (record.answer::json ->> 'id')::uuid is distinct from step.id`,
      'owner_id, id',
    )}`,
}

/** SQL: the number of findings, whether there may be rows after the step, and the position of its last row. */
function resultOf(findings: string, columns: string): string {
  const names = columns.split(', ')
  // With the prefix: a bare "created_at" would be the selected text.
  const last = `from step order by ${names.map((name) => `step.${name} desc`).join(', ')} limit 1`
  const position = names.map((name) => `(select ${name}::text ${last}) as ${name}`)
  return `select row_to_json(summary)::text as result from (
      select (${findings})::int as findings, (select count(*) from step) = $1::int as "full",
        ${position.join(', ')}
    ) as summary`
}

export const reconcileWalks = { duplicates, keysWithoutEffect, effectsWithoutKey } as const
