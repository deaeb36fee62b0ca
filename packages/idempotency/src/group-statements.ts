import { mayBeClaimed } from './key-policy.ts'
import { ageMs, confirmed } from './records.ts'

/** What is an operation's own in the statement that does it for many attempts. */
export type StatementParts = {
  /** The columns one attempt brings, by name, with their SQL types. */
  readonly columns: Readonly<Record<string, 'boolean' | 'text' | 'timestamptz' | 'uuid'>>
  /** A SQL condition on `attempt` and its columns: its effect is there already, so the general form must judge it. */
  readonly taken: string
  /** Inserts the rows of all that is in `executed`, which has `owner_id`, `key` and the columns. Never with `on conflict`: that would store success for a row never made. */
  readonly insert: string
}

/**
 * Two texts that do the same. Their values are the operation, the hours of
 * retention, and what the columns of a claim and those of the operation hold:
 * in arrays for many attempts, bare for one. Arrays of one would do as well,
 * but cost PostgreSQL a sixth more, and who is alone waits for all of it.
 */
export function groupStatements(parts: StatementParts): { one: string; many: string } {
  const columns = Object.entries({ ...claimColumns, ...parts.columns })
  const values = columns.map(([name, type], at) => `$${at + 3}::${type} as ${name}`)
  const arrays = columns.map(([, type], at) => `$${at + 3}::${type}[]`)
  const names = columns.map(([name]) => name)
  return {
    one: groupStatement(parts, `not materialized (select ${values.join(', ')}, 1 as at)`),
    many: groupStatement(
      parts,
      `materialized (
        select * from unnest(${arrays.join(', ')}) with ordinality as a (${names.join(', ')}, at)
        order by owner_id, key collate "C"
      )`,
    ),
  }
}

const claimColumns = {
  owner_id: 'text',
  key: 'text',
  fingerprint: 'bytea',
  minted_at: 'timestamptz',
  answer: 'text',
}

/**
 * `known` reads what was committed before the statement began, so a retry of
 * something long done costs no second round trip. What is known is not claimed,
 * for cleaning may be removing its record, and the claim would wait and succeed.
 * What is neither known nor executed was claimed by somebody in between, or left
 * out by `taken` or the window.
 * Everything goes in the order of (owner, key), so two groups of two processes
 * never wait for each other in a circle.
 */
function groupStatement({ taken, insert }: StatementParts, attempts: string): string {
  return `
    with attempt as ${attempts}, known as materialized (
      select a.at, r.* from attempt a cross join lateral (
        select r.operation, r.fingerprint, r.answer, r.refusal, r.status, r.cancelled,
          ${ageMs('r.created_at')} as age_ms, ${confirmed} as confirmed
        from idempotency_record r where r.owner_id = a.owner_id and r.key = a.key limit 1
      ) r
    ), claimed as (
      insert into idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
      select owner_id, key, $1, fingerprint, answer, clock_timestamp() from attempt
      where ${mayBeClaimed('minted_at', '$2::int')} and not (${taken})
        and at <> all (array(select at from known))
      order by owner_id, key collate "C"
      on conflict do nothing
      returning owner_id, key
    ), executed as (
      select attempt.* from attempt join claimed using (owner_id, key)
    ), made as (
      ${insert}
    )
    select at::int, true as executed, null as operation, null::bytea as fingerprint,
      null as answer, null as refusal, null::smallint as status, null::boolean as cancelled, null::float8 as age_ms
    from executed
    union all
    select at::int, false, operation, fingerprint, answer, refusal, status, cancelled, age_ms from known`
}
