import { mayBeClaimed, type Tables } from '../records/key-policy.ts'
import { ageMs, confirmed, isoTime } from '../records/records.ts'

/** What is an operation's own in the statement that does it for many attempts. */
export type StatementParts = {
  /** The columns one attempt brings, by name, with their SQL types. A time is a `float8` of milliseconds since 1970. */
  readonly columns: Readonly<Record<string, 'boolean' | 'float8' | 'text' | 'uuid'>>
  /** A SQL condition on `attempt` and its columns: its effect exists already, so it must not be made. */
  readonly taken: string
  /** A SQL expression on `attempt`: the text that is returned for one that is taken. */
  readonly existing: string
  /** Inserts the rows of all that is in `executed`, which has `owner_id`, `key` and the columns. Never with `on conflict`: that would store success for a row never made. */
  readonly insert: string
}

/** The texts of one operation. `one` and `many` do the same, for a lone attempt and for a batch. */
export type BatchStatements = {
  readonly one: string
  readonly many: string
  /** Claims and stores outcomes that were decided without an effect. */
  readonly store: string
}

/**
 * Their values are the operation, the hours of retention, and what the columns
 * of a claim and those of the operation hold: in arrays for many attempts, bare
 * for one. Arrays of one would do as well, but cost PostgreSQL a sixth more, and
 * a lone attempt waits for all of it.
 */
export function batchStatements(parts: StatementParts, tables: Tables): BatchStatements {
  const columns = { ...claimColumns, ...parts.columns }
  const values = Object.entries(columns).map(([name, type], at) => {
    const value = `$${at + 3}::${type}`
    return `${type === 'boolean' ? hidden(value) : value} as ${name}`
  })
  const one = `not materialized (select ${values.join(', ')}, 1 as at)`
  return {
    one: batchStatement({ ...parts, tables, attempts: one, stored: 'answer' }),
    many: batchStatement({ ...parts, tables, attempts: rowsOf(columns), stored: 'answer' }),
    store: batchStatement({
      tables,
      attempts: rowsOf({ ...claimColumns, ...decidedColumns }),
      stored: Object.keys({ answer: 'text', ...decidedColumns }).join(', '),
      taken: 'false',
      existing: 'null::text',
      insert: 'select',
    }),
  }
}

/** SQL: the attempts of arrays, one for each column, in the order of (owner, key). */
function rowsOf(columns: Readonly<Record<string, string>>): string {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map((type, at) => hidden(`$${at + 3}::${type}[]`))
  return `materialized (
        select * from unnest(${arrays.join(', ')}) with ordinality as a (${names.join(', ')}, at)
        order by owner_id, key collate "C"
      )`
}

/**
 * SQL: the same value, which the planner does not see. It would make a plan for
 * the values look cheaper than a generic one: arrays that are shorter than the
 * ten it assumes, and a constant false, for which it drops a look-up. So
 * PostgreSQL keeps the generic plan after five executions, in place of making
 * one each time (400 µs).
 */
function hidden(value: string): string {
  return `(select ${value})`
}

/**
 * SQL: `condition`, which the rest of the WHERE already implies, made to look
 * expensive for each row that is read; the sub-select never runs. A kept plan
 * outlives the size of the table that it was made for, and while a table fits
 * one page the planner prefers to scan it: measured, 34 ms a batch in place of 5
 * a few thousand rows later. Now even two rows are dearer to scan than to find
 * by the primary key, under the server's own settings.
 */
function onlyByIndex(condition: string, column: string): string {
  return `(${condition} or (
    select true from generate_series(1, 1000) as n where n = -octet_length(${column})
  ))`
}

const claimColumns = {
  owner_id: 'text',
  key: 'text',
  fingerprint: 'bytea',
  minted_ms: 'float8',
  answer: 'text',
}

/** Of an outcome that was decided without an effect. */
const decidedColumns = { refusal: 'text', status: 'smallint' }

type Parts = Omit<StatementParts, 'columns'> & {
  readonly tables: Tables
  /** SQL: the CTE `attempt`. */
  readonly attempts: string
  /** The columns of the outcome that a claim stores. */
  readonly stored: string
}

/**
 * `known` reads what was committed before the statement began, so a retry of
 * something long done costs no second round trip. What is known is not claimed,
 * for cleaning may be removing its record, and the claim would wait and succeed.
 * `declined` is what is outside its window, by the same moment as the claim, or
 * taken. What is in none of the three was claimed by another in between, and
 * has no row.
 * Everything goes in the order of (owner, key), so two batches of two processes
 * never wait for each other in a circle.
 */
function batchStatement({ tables, attempts, stored, taken, existing, insert }: Parts): string {
  const now = '(select now from moment)'
  const claimable = mayBeClaimed('minted_ms', '$2::int', tables, now)
  const unknown = 'at <> all(array(select at from known))'
  return `
    with moment as materialized (
      select clock_timestamp() as now
    ), attempt as ${attempts}, known as materialized (
      select a.at, r.* from attempt a cross join lateral (
        select r.operation, r.fingerprint, r.answer, r.refusal, r.status, r.cancelled,
          ${ageMs('r.created_at')} as age_ms, ${confirmed} as confirmed
        from ${tables.record} r where r.owner_id = a.owner_id and r.key = a.key
          and ${onlyByIndex('r.key = a.key', 'r.key')} limit 1
      ) r
    ), claimed as (
      insert into ${tables.record} (owner_id, key, operation, fingerprint, ${stored}, created_at)
      select owner_id, key, $1, fingerprint, ${stored}, clock_timestamp() from attempt
      where ${claimable} and not (${taken}) and ${unknown}
      order by owner_id, key collate "C"
      on conflict do nothing
      returning owner_id, key
    ), executed as (
      select attempt.* from attempt join claimed using (owner_id, key)
    ), made as (
      ${insert}
    ), declined as (
      select at, not ${claimable} as is_outside,
        case when ${claimable} then ${existing} end as existing
      from attempt where (not ${claimable} or (${taken})) and ${unknown}
    )
    select at::int, 'executed' as state, null as operation, null::bytea as fingerprint,
      null as answer, null as refusal, null::smallint as status, null::boolean as cancelled,
      null::float8 as age_ms, null as existing, null as server_time
    from executed
    union all
    select at::int, 'known', operation, fingerprint, answer, refusal, status, cancelled, age_ms, null, null
    from known
    union all
    select at::int, case when is_outside then 'outside' else 'taken' end, null, null, null, null, null,
      null, null, existing, ${isoTime(now)} from declined`
}
