import type { Attempt, Outcome, Query } from './attempt.ts'
import { type AttemptNotes, note } from './attempt-notes.ts'
import { type KeyPolicy, mayBeClaimed } from './key-policy.ts'
import { OnceError } from './once-error.ts'
import { mintedMs } from './timed-key.ts'

/** An attempt with what is compared: same key and same fingerprint is the same intent. */
export type Claim = Attempt & { readonly fingerprint: Uint8Array; readonly notes?: AttemptNotes }

export type KeyName = Pick<Attempt, 'owner' | 'key'>

/** A committed record: exactly one of answer, refusal and cancelled is there. */
export type IdempotencyRecord = {
  readonly operation: string | null
  readonly fingerprint: Uint8Array | null
  readonly answer: string | null
  readonly refusal: string | null
  readonly status?: number | null
  readonly cancelled: boolean
  readonly created_at: Date
  /** In milliseconds, by the database's clock. */
  readonly age_ms?: number | null
}

/**
 * Takes the key if nobody has it. Waits on an uncommitted claim of the same
 * key, because the primary key is the lock, and is false when that one commits.
 */
export async function claimKey(query: Query, claim: Claim, policy: KeyPolicy): Promise<boolean> {
  const { owner, key, operation, fingerprint } = claim
  const claimed = await query(claimStatement, [
    owner,
    key,
    operation,
    fingerprint,
    mintedMs(key),
    policy.retentionHours,
  ])
  return claimed.length > 0
}

/** What is known of a key: its record, or what may become of it. */
export type LookUp =
  | { readonly state: 'found'; readonly record: IdempotencyRecord }
  | { readonly state: 'free' | 'expired' | 'from_future'; readonly serverTime: Date }

// A statement of its own: joined to the claim in one, the look-up would use a snapshot
// taken before the wait and see nothing of the record it had waited for.
export async function lookUp(query: Query, name: KeyName, policy: KeyPolicy): Promise<LookUp> {
  const minted = mintedMs(name.key)
  const [row] = await query(lookUpStatement, [name.owner, name.key, minted, policy.retentionHours])
  if (row === undefined)
    throw new Error('The look-up of a key gives one row always, but gave none.')
  if (row.found === true) return { state: 'found', record: row as IdempotencyRecord }
  const serverTime = new Date(String(row.server_time))
  if (row.claimable === true) return { state: 'free', serverTime }
  return {
    state: minted !== null && minted > serverTime.getTime() ? 'from_future' : 'expired',
    serverTime,
  }
}

/** Makes sure, if nobody has the key, that nobody ever gets it. False when somebody has, or it may not be claimed anyway. */
export async function cancelKey(query: Query, name: KeyName, policy: KeyPolicy): Promise<boolean> {
  const { owner, key } = name
  const cancelled = await query(cancelStatement, [owner, key, mintedMs(key), policy.retentionHours])
  return cancelled.length > 0
}

export async function storeOutcome(query: Query, claim: Claim, outcome: Outcome): Promise<void> {
  const column = outcome.kind === 'answer' ? 'answer' : 'refusal'
  await query(
    `update idempotency_record set ${column} = $3, status = $4 where owner_id = $1 and key = $2 returning 1`,
    [claim.owner, claim.key, outcome.text, outcome.status ?? null],
  )
}

/** The stored outcome, if this attempt is the same intent; otherwise refuses. */
export function replay(record: IdempotencyRecord, claim: Claim): Outcome {
  if (record.cancelled) throw new OnceError('cancelled')
  if (record.operation !== claim.operation || !sameBytes(record.fingerprint, claim.fingerprint)) {
    throw new OnceError('key_reused')
  }
  note(claim, { replayAgeMs: record.age_ms ?? undefined })
  const stored = { status: record.status ?? undefined, replayed: true }
  if (record.answer !== null) return { kind: 'answer', text: record.answer, ...stored }
  if (record.refusal !== null) return { kind: 'refusal', text: record.refusal, ...stored }
  throw new Error(
    'A committed record has an answer, a refusal or a cancellation; this one has none.',
  )
}

/**
 * SQL: nobody had the key when the statement began. Who finds a record that
 * cleaning is just removing waits for it, and the row is free then; but what
 * cleaning wrote down of it in `installation` the statement does not see, and
 * a key that is kept longer here would be claimed a second time.
 */
const wasFree = 'not exists (select from idempotency_record where owner_id = $1 and key = $2)'

const claimStatement = `
  insert into idempotency_record (owner_id, key, operation, fingerprint, created_at)
  select $1::text, $2::text, $3::text, $4::bytea, clock_timestamp()
  where ${mayBeClaimed('$5::float8', '$6::int')} and ${wasFree}
  on conflict do nothing
  returning 1`

const cancelStatement = `
  insert into idempotency_record (owner_id, key, cancelled, created_at)
  select $1::text, $2::text, true, clock_timestamp()
  where ${mayBeClaimed('$3::float8', '$4::int')} and ${wasFree}
  on conflict do nothing
  returning 1`

/**
 * SQL to select beside a record that is about to be told. A row can be seen on
 * the primary before a synchronous standby has it, after a wait that was
 * cancelled or a crash: whoever tells it then commits something that waits, or
 * what was told would be lost with the primary. Without such a standby nothing
 * is written.
 */
export const confirmed = `case when current_setting('synchronous_standby_names') <> ''
  then pg_logical_emit_message(true, 'idem', '')::text end`

/** A record's time is rounded, so one that was just made may seem to be of the future. */
export function ageMs(createdAt: string): string {
  return `greatest(0, extract(epoch from clock_timestamp() - ${createdAt}) * 1000)::float8`
}

const lookUpStatement = `
  select r.owner_id is not null as found, r.operation, r.fingerprint, r.answer, r.refusal, r.status, r.cancelled,
    r.created_at, ${ageMs('r.created_at')} as age_ms,
    case when r.owner_id is not null then ${confirmed} end as confirmed,
    ${mayBeClaimed('$3::float8', '$4::int')} as claimable,
    to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as server_time
  from (values (1)) as one
  left join idempotency_record r on r.owner_id = $1::text and r.key = $2::text`

function sameBytes(stored: Uint8Array | null, arrived: Uint8Array): boolean {
  return stored !== null && Buffer.compare(stored, arrived) === 0
}
