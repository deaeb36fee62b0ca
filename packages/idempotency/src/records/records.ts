import { hash } from 'node:crypto'
import type { Query, Row, Statement } from '../adapter.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { type KeyName, mintedMs } from '../intent.ts'
import { addInstallation } from './add-installation.ts'
import { type Claim, type Outcome, record } from './claim.ts'
import {
  acceptanceWindow,
  claimableBetween,
  decidedMinutes,
  futureMinutes,
  hasJustExpired,
  isClaimable,
  type KeyPolicy,
  mayBeClaimed,
} from './key-policy.ts'
import { ageMs, confirmed, isoTime, onlyByIndex } from './sql-parts.ts'

/** A committed record: exactly one of answer, refusal and cancelled is set. */
export type IdempotencyRecord = {
  readonly operation: string | null
  readonly fingerprint: string | null
  readonly answer: string | null
  readonly refusal: string | null
  readonly status?: number | null
  readonly cancelled: boolean
  /** ISO 8601 in UTC as text: the driver would read a date in the zone that it assumes for the session. */
  readonly created_at: string
  /** In milliseconds, by the database's clock. */
  readonly age_ms?: number | null
  readonly server_time?: string
}

/** The state of a key: its record, or whether it may be claimed. */
export type LookUp =
  | { readonly state: 'found'; readonly record: IdempotencyRecord }
  | { readonly state: 'free'; readonly serverTime: Date }
  | OutsideWindow

/**
 * A time-ordered key that may not be claimed, by the database's clock. `just_expired`: an attempt that
 * claimed it in time may still be in progress. `ahead`: an attempt that waits may claim it within a
 * day. `from_future`: it is further ahead.
 */
export type OutsideWindow = {
  readonly state: 'expired' | 'just_expired' | 'ahead' | 'from_future'
  readonly serverTime: Date
}

/** The stored refusal of a key that was ahead. Without the time: a replay has that of its own response. */
export const fromFuture = '{"code":"key_from_future","retry":"new_key"}'

export type Records = ReturnType<typeof createRecords>

/** The statements on the table of records, each run by the query function of a transaction. */
export function createRecords(policy: KeyPolicy) {
  const { retentionHours } = policy
  const { pastHours } = acceptanceWindow(policy)
  const statements = statementsOf(policy)
  const limit = { ...named('wait', statements.limit), values: [] }
  const claim = named('claim', statements.claim)
  const window = named('window', statements.window)
  const store = named('answer', statements.store)

  function insertOf({ owner, key, operation, fingerprint }: Claim): Statement {
    return { ...claim, values: [owner, key, operation, fingerprint] }
  }

  /** The window of the key, which selects one row while it is open; none for a key without a window. */
  function windowOf({ key }: KeyName, hours: number): Statement[] {
    const minted = mintedMs(key)
    return minted === null ? [] : [{ ...window, values: claimableBetween(minted, hours) }]
  }

  async function send(query: Query, { text, values }: Statement): Promise<boolean> {
    return (await query(text, values)).length > 0
  }

  async function withdraw(query: Query, { owner, key }: KeyName): Promise<false> {
    await query(statements.withdraw, [owner, key])
    return false
  }

  async function read(query: Query, values: readonly unknown[]): Promise<Row | undefined> {
    const [row] = await query(statements.lookUp, values)
    if (row?.found !== false || row.claimable !== null) return row
    // Not false but null: the key is inside its window or ahead, and the time of removed records is unknown.
    await send(query, limit)
    await query(statements.addInstallation, [])
    const [again] = await query(statements.lookUp, values)
    return again
  }

  return {
    /** From now on the transaction waits for a claim of another one as long as an attempt may wait. */
    limitWaits: (query: Query) => send(query, limit),

    /**
     * The statements that an attempt begins with: a limit for its wait and, if it may claim at once, the
     * claim, which waits for an uncommitted claim of the same key, because the primary key is the lock.
     */
    openingOf(claim: Claim): Statement[] {
      if (!mayClaimAtOnce(claim)) return [limit]
      return [limit, insertOf(claim), ...windowOf(claim, youngHours)]
    },

    /** True if the claim succeeded, by the number of rows of each statement of `openingOf`. */
    async hasClaimed(query: Query, name: KeyName, rows: readonly number[]): Promise<boolean> {
      const [, inserted, isOpen] = rows
      if (inserted !== 1) return false
      // Also a key that only seems young to a wrong clock of this computer.
      return mintedMs(name.key) === null || isOpen === 1 || withdraw(query, name)
    },

    /**
     * True if the claim succeeded. Unless `mayClaimAtOnce` the record has to be looked up before: a
     * claim that waits for cleaning, which is just removing that record, would never find it.
     */
    async claimKey(query: Query, claim: Claim): Promise<boolean> {
      if (!(await send(query, insertOf(claim)))) return false
      const [open] = windowOf(claim, pastHours)
      return open === undefined || (await send(query, open)) || withdraw(query, claim)
    },

    // A separate statement: together with the claim in one, the look-up would use a snapshot from
    // before the wait and miss the record that it had waited for.
    async lookUp(query: Query, { owner, key }: KeyName): Promise<LookUp> {
      const minted = mintedMs(key)
      const row = await read(query, [owner, key, minted, retentionHours])
      if (row === undefined) throw new Error('The look-up of a key gave no row.')
      if (row.found === true) return { state: 'found', record: row as IdempotencyRecord }
      const serverTime = new Date(String(row.server_time))
      const outside = outsideWindow(policy, key, serverTime)
      if (row.claimable === true && outside.state !== 'ahead') return { state: 'free', serverTime }
      if (outside.state !== 'just_expired') return outside
      // Only a key that was forgotten is outside a longer window too, and has no attempt in progress.
      const longer = await read(query, [owner, key, minted, retentionHours + 1])
      return longer?.claimable === false ? { state: 'expired', serverTime } : outside
    },

    /**
     * Makes sure that a key without a record is never claimed: cancels it, or stores the refusal of a
     * claim that is ahead. False when it has a record, or may not be claimed anyway. The record has to
     * be looked up before.
     *
     * The danger of a refusal that is not stored: its client mints another key, as it is advised to, and
     * an attempt that waits claims the old one when its window has opened.
     */
    async decideKey(query: Query, { owner, key }: KeyName, refused = cancelled): Promise<boolean> {
      const values = [owner, key, mintedMs(key), ...refused]
      if (!(await send(query, { text: statements.decide, values }))) return false
      const decided = { text: statements.mayBeDecided, values: [mintedMs(key), retentionHours] }
      return (await send(query, decided)) || withdraw(query, { owner, key })
    },

    /** Stores the outcome in the record of a claim. */
    storeOf({ owner, key }: KeyName, outcome: Outcome): Statement {
      const { kind, text, status = null } = outcome
      const texts = kind === 'answer' ? [text, null] : [null, text]
      return { ...store, values: [owner, key, ...texts, status] }
    },
  }
}

/** No operation, fingerprint and refusal. */
const cancelled: readonly (string | null)[] = [null, null, null]

/** The hash gives another text another name: of another schema, or of another release. */
function named(name: string, text: string): { readonly name: string; readonly text: string } {
  return { name: `idem_${name}_${hash('sha256', text).slice(0, 16)}`, text }
}

/** Cleaning removes no record younger than two hours, so it is never removing one of a key of the last hour. */
const youngHours = 1

/**
 * Whether the key can be claimed before its record is looked up. Asks the clock of this computer for the
 * age of a time-ordered key. The claim is withdrawn if the clock of the database disagrees.
 */
export function mayClaimAtOnce({ key }: KeyName): boolean {
  const minted = mintedMs(key)
  return minted === null || Math.abs(Date.now() - minted) < (youngHours / 2) * 3_600_000
}

export function outsideWindow(policy: KeyPolicy, key: string, serverTime: Date): OutsideWindow {
  const ageMs = serverTime.getTime() - (mintedMs(key) ?? 0)
  if (ageMs < -decidedMinutes * 60_000) return { state: 'from_future', serverTime }
  if (ageMs < -futureMinutes * 60_000) return { state: 'ahead', serverTime }
  return { state: hasJustExpired(ageMs, policy) ? 'just_expired' : 'expired', serverTime }
}

/**
 * The danger of `key_expired` while the key is just being committed: the client
 * mints another key, as it is advised to, and the intent has a second effect.
 */
export function clockRefusal({ state, serverTime }: OutsideWindow): IdempotencyError {
  if (state === 'just_expired') return new IdempotencyError('in_flight')
  return new IdempotencyError(state === 'expired' ? 'key_expired' : 'key_from_future', {
    serverTime,
  })
}

/** Returns the stored outcome if this attempt is the same intent; otherwise refuses. */
export function replay(found: IdempotencyRecord, claim: Claim): Outcome {
  if (found.cancelled) throw new IdempotencyError('cancelled')
  if (found.operation !== claim.operation || found.fingerprint !== claim.fingerprint) {
    throw new IdempotencyError('key_reused')
  }
  if (found.refusal === fromFuture) {
    const serverTime = new Date(String(found.server_time))
    throw new IdempotencyError('key_from_future', { serverTime, replayed: true })
  }
  record(claim, { replayAgeMs: found.age_ms ?? undefined })
  const stored = { status: found.status ?? undefined, replayed: true }
  if (found.answer !== null) return { kind: 'answer', text: found.answer, ...stored }
  if (found.refusal !== null) return { kind: 'refusal', text: found.refusal, ...stored }
  // An effect committed by itself, and had no answer.
  throw new IdempotencyError('effect_escaped')
}

/** SQL. A time is stored in milliseconds, so that of a claim may be rounded up, ahead of the clock. */
const answeredAt = `least(r.created_at, clock_timestamp() + interval '1 ms')`

function statementsOf(policy: KeyPolicy) {
  const { tables, waitMs } = policy
  const { record, installation } = tables
  return {
    addInstallation: addInstallation(policy),

    // Until the end of the transaction, and never a setting of the session, which a pooler would pass on
    // to another client.
    limit: `set local lock_timeout = '${Math.trunc(waitMs)}ms'`,

    claim: `
  insert into ${record} (owner_id, key, operation, fingerprint, created_at)
  values ($1::text, $2::text, $3::text, decode($4::text, 'hex'), clock_timestamp())
  on conflict do nothing
  returning 1`,

    // After the claim, in a statement of its own: its snapshot has the time of all records that were
    // removed before the claim was made, also of one that the claim waited for.
    window: `
  select 1 from ${installation} where ${isClaimable('$1::float8', '$2::float8')}`,

    withdraw: `delete from ${record} where ${hasKey}`,

    // With the time of a key that is ahead, cleaning keeps the record until its window has ended.
    decide: `
  insert into ${record} (owner_id, key, operation, fingerprint, refusal, cancelled, created_at)
  values ($1::text, $2::text, $4::text, decode($5::text, 'hex'), $6::text, $6::text is null,
    greatest(clock_timestamp(), to_timestamp($3::float8 / 1000)))
  on conflict do nothing
  returning 1`,

    mayBeDecided: `
  select 1 where ${mayBeClaimed('$1::float8', '$2::int', tables, decidedMinutes)}`,

    lookUp: `
  select r.owner_id is not null as found, r.operation, encode(r.fingerprint, 'hex') as fingerprint, r.answer, r.refusal, r.status, r.cancelled,
    ${isoTime(answeredAt)} as created_at, ${ageMs('r.created_at')} as age_ms,
    case when r.owner_id is not null then ${confirmed} end as confirmed,
    ${mayBeClaimed('$3::float8', '$4::int', tables, decidedMinutes)} as claimable,
    ${isoTime('clock_timestamp()')} as server_time
  from (values (1)) as one
  left join ${record} r on r.owner_id = $1::text and r.key = $2::text`,

    store: storing(record),
  }
}

/**
 * SQL: fails when the transaction has lost the record that it claimed, to a rollback or a deletion
 * by its effect. An answer without a record would be acknowledged, and the next attempt would have
 * a second effect. Part of the statement, because COMMIT is sent with it. The record of another
 * attempt, which took the key meanwhile, has an outcome.
 *
 * The last condition has no column of the updated row, so it is checked before any row is looked for.
 */
function storing(record: string): string {
  const open = 'answer is null and refusal is null and not cancelled'
  return `
  update ${record} set answer = $3::text, refusal = $4::text, status = $5::smallint
  where ${hasKey} and ln((select count(*) from ${record} where ${hasKey} and ${open})) = 0`
}

/** The SQLSTATE of the logarithm of zero; no other statement of this package takes one. */
export const lostRecord = '2201E'

/** SQL. The plan may be kept. */
const hasKey = `owner_id = $1::text and key = $2::text and ${onlyByIndex('key = $2::text', 'key', 'octet_length($2::text)')}`
