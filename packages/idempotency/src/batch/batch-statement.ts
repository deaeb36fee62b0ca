import { mintedMs } from '../intent.ts'
import { mayBeClaimed, type Tables } from '../records/key-policy.ts'
import { ageMs, confirmed, isoTime, onlyByIndex } from '../records/sql-parts.ts'
import type {
  BatchSettings,
  BatchSteps,
  ColumnValue,
  Statement,
  StatementParts,
} from './batch-settings.ts'
import type { StatementKind } from './split-batch.ts'
import type { Member } from './waiting-members.ts'

export type StatementsOf<Draft> = Readonly<
  Record<StatementKind, (batch: readonly Member<Draft>[]) => Statement>
>

/** Builds the texts once: the database knows a statement by its name and plans each name once. */
export function createBatchStatements<Draft>(
  steps: BatchSteps<Draft>,
  { name, policy }: Pick<BatchSettings<Draft>, 'name' | 'policy'>,
): StatementsOf<Draft> {
  const readAll = steps.first === 'read'
  const { one, many, read, store } = batchStatements(steps.parts, policy.tables, { readAll })
  const columns = Object.keys(steps.parts.columns)
  const reserved = columns.find((column) => column in claimColumns)
  if (reserved !== undefined) {
    throw new RangeError(`The column "${reserved}" of ${name} needs another name: a claim has one.`)
  }
  const shared = [policy.retentionHours]

  return {
    execute(batch) {
      const arrays = arraysOf(steps, batch)
      return batch.length === 1
        ? { name: `idem_lone_${name}`, text: one, values: [...shared, ...arrays.flat()] }
        : { name: `idem_batch_${name}`, text: many, values: [...shared, ...arrays] }
    },

    read(batch) {
      const values = [...shared, ...arraysOf(steps, batch)]
      return { name: `idem_read_${name}`, text: read, values }
    },

    store(batch) {
      const arrays = [
        ...claimArrays(batch),
        batch.map(({ outcome }) => (outcome?.kind === 'refusal' ? outcome.text : null)),
        batch.map(({ outcome }) => outcome?.status ?? null),
      ]
      return { name: `idem_store_${name}`, text: store, values: [...shared, ...arrays] }
    },
  }
}

/** The values of the attempts, in the order of the columns of a claim and of the operation. */
function arraysOf<Draft>(
  { parts }: BatchSteps<Draft>,
  batch: readonly Member<Draft>[],
): ColumnValue[][] {
  return [...claimArrays(batch), ...columnArrays(parts, batch)]
}

/** The values of the attempts, in the order of the columns of the operation. */
export function columnArrays<Draft>(
  { columns }: Pick<StatementParts, 'columns'>,
  batch: readonly Pick<Member<Draft>, 'row'>[],
): ColumnValue[][] {
  return Object.keys(columns).map((column) => batch.map(({ row }) => row[column]))
}

/** The values of the attempts, in the order of the columns of a claim. */
function claimArrays<Draft>(batch: readonly Member<Draft>[]): ColumnValue[][] {
  return [
    batch.map(({ claim }) => claim.owner),
    batch.map(({ claim }) => claim.key),
    batch.map(({ claim }) => claim.operation),
    batch.map(({ claim }) => claim.fingerprint),
    batch.map(({ claim }) => mintedMs(claim.key)),
    batch.map(({ outcome }) => (outcome?.kind === 'answer' ? outcome.text : null)),
  ]
}

/** The texts of one operation. `one` and `many` do the same, for a lone attempt and for a batch. */
export type BatchStatements = {
  readonly one: string
  readonly many: string
  /** Reads what decides the outcome of attempts, and changes nothing. */
  readonly read: string
  /** Claims and stores outcomes that were decided without an effect. */
  readonly store: string
}

/**
 * Their values are the hours of retention, and the values of the columns of a claim
 * and of the operation: in arrays for many attempts, bare for one. Arrays of one
 * element would do as well, but cost PostgreSQL a sixth more, and a lone attempt
 * waits for all of it.
 *
 * `readAll`: every attempt is read, not only one that is taken, and each effect is
 * counted: an `insert` that returns a row for each is expected.
 */
function batchStatements(
  parts: StatementParts,
  tables: Tables,
  { readAll }: { readonly readAll: boolean },
): BatchStatements {
  const columns = { ...claimColumns, ...parts.columns }
  const values = Object.entries(columns).map(([name, type], at) => {
    const value = `$${at + 2}::${type}`
    return `${type === 'boolean' ? hidden(value) : value} as ${name}`
  })
  const execute = { ...parts, tables, stored: 'answer', isCounted: readAll }
  const one = `not materialized (select ${values.join(', ')}, 1 as at)`
  return {
    one: executeStatement({ ...execute, attempts: one }),
    many: executeStatement({ ...execute, attempts: rowsOf(columns) }),
    read: readStatement({
      ...parts,
      tables,
      attempts: rowsOf(columns),
      taken: readAll ? 'true' : parts.taken,
    }),
    store: executeStatement({
      tables,
      attempts: rowsOf({ ...claimColumns, ...decidedColumns }),
      stored: Object.keys({ answer: 'text', ...decidedColumns }).join(', '),
      taken: 'false',
      insert: 'select',
      isCounted: false,
    }),
  }
}

/** SQL: the attempts of arrays, one for each column, in the order of (owner, key). */
function rowsOf(columns: Readonly<Record<string, string>>): string {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map((type, at) => hidden(`$${at + 2}::${type}[]`))
  return `materialized (
        select * from unnest(${arrays.join(', ')}) with ordinality as a (${names.join(', ')}, at)
        order by owner_id, key collate "C"
      )`
}

/**
 * SQL: the same value, hidden from the planner. A visible value would make a
 * custom plan look cheaper than the generic one: for arrays shorter than the ten
 * elements it assumes, and for a constant false, which lets it drop a look-up.
 * Hidden, PostgreSQL keeps the generic plan after five executions instead of
 * planning each time (400 µs).
 */
function hidden(value: string): string {
  return `(select ${value})`
}

const claimColumns = {
  owner_id: 'text',
  key: 'text',
  operation: 'text',
  fingerprint: 'text',
  minted_ms: 'float8',
  answer: 'text',
}

/** The columns of an outcome that was decided without an effect. */
const decidedColumns = { refusal: 'text', status: 'smallint' }

type Attempts = {
  readonly tables: Tables
  /** SQL: the CTE `attempt`. */
  readonly attempts: string
}

type Execute = Attempts &
  Pick<StatementParts, 'taken' | 'insert'> & {
    /** The columns of the outcome that a claim stores. */
    readonly stored: string
    /** Whether the statement fails unless `insert` returns a row for each executed attempt. */
    readonly isCounted: boolean
  }

/** SQL: a division by zero when an effect is missing. A trigger can suppress an update without an error. */
const eachHasItsEffect =
  '1 / ((select count(*) from inserted) = (select count(*) from executed))::int = 1'

/**
 * `known` reads the records that were committed before the statement began, so a
 * retry long after the first attempt costs no second round trip. A known key is
 * not claimed: cleaning may be removing its record, and the claim would wait and
 * succeed. An attempt that is neither known nor executed has no row: another
 * transaction claimed its key in between, or `taken` or the window left it out.
 * All rows are claimed in the order of (owner, key), so the batches of two
 * processes cannot deadlock.
 */
function executeStatement({ tables, attempts, stored, taken, insert, isCounted }: Execute): string {
  return `
    with attempt as ${attempts}, known as materialized (${known(tables)}), claimed as (
      insert into ${tables.record} (owner_id, key, operation, fingerprint, ${stored}, created_at)
      select owner_id, key, operation, decode(fingerprint, 'hex'), ${stored}, clock_timestamp() from attempt
      where ${claimable(tables)} and not (${taken}) and ${isUnknown}
      order by owner_id, key collate "C"
      on conflict do nothing
      returning owner_id, key
    ), executed as (
      select attempt.* from attempt join claimed using (owner_id, key)
    ), inserted as (
      ${insert}
    )
    select at::int, 'executed' as state, null as operation, null as fingerprint,
      null as answer, null as refusal, null::smallint as status, null::boolean as cancelled, null::float8 as age_ms
    from executed ${isCounted ? `where ${eachHasItsEffect}` : ''}
    union all
    select at::int, 'known', operation, fingerprint, answer, refusal, status, cancelled, age_ms from known`
}

/**
 * An attempt without a row here was claimed in between by a transaction that may still roll back. A standby
 * gives none: what it has may be old, and an outcome that is decided by it would be stored for good.
 */
function readStatement({
  tables,
  attempts,
  taken,
  existing,
}: Attempts & Pick<StatementParts, 'taken' | 'existing'>): string {
  return `
    with attempt as ${attempts}, known as materialized (${known(tables)}), undecided as (
      select at, operation, ${claimable(tables)} as is_claimable, ${taken} as is_taken, ${existing} as existing
      from attempt where ${isUnknown} and not pg_is_in_recovery()
    )
    select at::int, 'known' as state, operation, fingerprint, answer, refusal, status, cancelled, age_ms,
      null as existing, null as server_time
    from known
    union all
    select at::int, case when is_claimable then 'taken' else 'outside' end, operation, null, null, null, null,
      null, null, existing, ${isoTime('clock_timestamp()')}
    from undecided where not is_claimable or is_taken`
}

/** SQL: the attempts in `executed`, from arrays, for a statement that changes what they name. */
export function executedFrom(columns: StatementParts['columns']): string {
  const all = { owner_id: 'text', key: 'text', ...columns }
  const arrays = Object.values(all).map((type, at) => `$${at + 1}::${type}[]`)
  return `with executed as (select * from unnest(${arrays.join(', ')}) as a (${Object.keys(all).join(', ')}))`
}

/** SQL: the records of keys, on tables that are distributed by owner. */
export function knownOnShard({ record }: Tables): string {
  return `select owner_id, key, ${recordColumns} from ${record} r
    where r.owner_id = any($1::text[]) and r.key = any($2::text[])`
}

function known({ record }: Tables): string {
  return `
      select a.at, r.* from attempt a cross join lateral (
        select ${recordColumns} from ${record} r where r.owner_id = a.owner_id and r.key = a.key
          and ${onlyByIndex('r.key = a.key', 'r.key', '$1::int')} limit 1
      ) r
    `
}

const recordColumns = `r.operation, encode(r.fingerprint, 'hex') as fingerprint, r.answer, r.refusal, r.status,
          r.cancelled, ${ageMs('r.created_at')} as age_ms, ${confirmed} as confirmed`

function claimable(tables: Tables): string {
  return mayBeClaimed('minted_ms', '$1::int', tables)
}

const isUnknown = 'at <> all(array(select at from known))'
