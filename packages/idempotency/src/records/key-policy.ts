/** Where keys are kept, for how long, and how long an attempt waits for one. */
export type KeyPolicy = {
  readonly tables: Tables
  /** At least 2, so that the margin below leaves a window. */
  readonly retentionHours: number
  /** How long a claim waits for another transaction that holds the key. */
  readonly waitMs: number
}

/** SQL: the tables with their schema. The search path of a connection is not relied on. */
export type Tables = { readonly record: string; readonly installation: string }

export type KeyPolicyOptions = {
  readonly schema?: string | undefined
  readonly retentionHours?: number | undefined
  readonly waitMs?: number | undefined
}

/** @throws RangeError for a number that leaves no window, or an endless wait */
export function keyPolicy({
  schema = 'idem',
  retentionHours = 24,
  waitMs = 1_500,
}: KeyPolicyOptions): KeyPolicy {
  if (!(Number.isInteger(retentionHours) && retentionHours >= 2)) {
    throw new RangeError(`retentionHours must be a whole number from 2, but is ${retentionHours}.`)
  }
  // For PostgreSQL 0 means an endless wait.
  if (!(waitMs >= 1)) throw new RangeError(`waitMs must be 1 or more, but is ${waitMs}.`)
  return { tables: tablesIn(schema), retentionHours, waitMs }
}

function tablesIn(schema: string): Tables {
  const name = `"${schema.replaceAll('"', '""')}"`
  return { record: `${name}.idempotency_record`, installation: `${name}.installation` }
}

/**
 * A time-ordered key is claimed only while it is younger than the retention
 * less this: a claim, its wait and its commit must end before cleaning could
 * have removed an earlier record of the same key.
 */
const marginHours = 1

/** How far ahead of the database's clock a time-ordered key may be: a client clock that is a little fast is accepted. */
export const futureMinutes = 5

/**
 * How far ahead the refusal of a time-ordered key is stored, and a key can be cancelled. An attempt may
 * wait somewhere until the window of its key opens, but no attempt waits for a day.
 */
export const decidedMinutes = 1_440

/** The minimum and maximum age of a time-ordered key that may be claimed, for a server's published limits. */
export function acceptanceWindow({ retentionHours }: Pick<KeyPolicy, 'retentionHours'>): {
  readonly pastHours: number
  readonly futureMinutes: number
} {
  return { pastHours: retentionHours - marginHours, futureMinutes }
}

/**
 * An attempt that claimed a key inside its window may commit after the end of
 * the window, and until then no other attempt sees its record. Far longer than an
 * attempt takes, and short enough for a client that waits for its answer.
 */
const settlingMs = 60_000

/** Whether a time-ordered key of this age left its window so recently that its record may be about to be committed. */
export function hasJustExpired(ageMs: number, policy: Pick<KeyPolicy, 'retentionHours'>): boolean {
  const sinceMs = ageMs - acceptanceWindow(policy).pastHours * 3_600_000
  // The time of the database arrives in whole milliseconds, so it may seem to be before the end.
  return sinceMs > -1_000 && sinceMs < settlingMs
}

/**
 * A SQL condition: the time-ordered key minted at `mintedMs`, in milliseconds
 * since 1970, may be claimed now. A number, because a UUIDv7 can name the year
 * 10889, which no driver writes as a date that PostgreSQL reads.
 * True for an opaque key (null). The last line keeps a key refused for ever
 * once a record as young as it was forgotten, even if retention is raised later.
 */
export function mayBeClaimed(
  mintedMs: string,
  retentionHours: string,
  { installation }: Tables,
  aheadMinutes = futureMinutes,
): string {
  const mintedAt = `to_timestamp(${mintedMs} / 1000)`
  return `(${mintedMs} is null or (
    ${mintedAt} > clock_timestamp() - make_interval(hours => ${retentionHours} - ${marginHours})
    and ${mintedAt} <= clock_timestamp() + interval '${aheadMinutes} minutes'
    and ${mintedAt} > (select forgotten_before from ${installation}) + interval '${futureMinutes} minutes'
  ))`
}

/** When, in seconds since 1970, a time-ordered key may be claimed for the first and for the last time. */
export function claimableBetween(
  mintedMs: number,
  pastHours: number,
): [first: number, last: number] {
  const minted = mintedMs / 1_000
  return [minted - 60 * futureMinutes, minted + 3_600 * pastHours]
}

/**
 * The condition of `mayBeClaimed` for one time-ordered key, in a statement that reads
 * the row of `installation`. It takes the database half as long to plan. The times are
 * behind sub-selects, as in `hidden` of the batch: a plan for visible times, which need
 * no function for each row, would look cheaper than the kept one and be made each time.
 */
export function isClaimable(first: string, last: string): string {
  const [from, until] = [`(select to_timestamp(${first}))`, `(select to_timestamp(${last}))`]
  return `(forgotten_before < ${from} and clock_timestamp() >= ${from} and clock_timestamp() < ${until})`
}
