/** How long keys are kept. */
export type KeyPolicy = {
  /** At least 2, so that the margin below leaves a window. */
  readonly retentionHours: number
}

/**
 * A timed key is claimed only while it is younger than the retention less
 * this: a claim, its wait and its commit must end before cleaning could have
 * removed an earlier record of the same key.
 */
export const marginHours = 1

/** How far ahead of the database's clock a timed key may be: a clock that is a little fast is no reason to refuse. */
export const futureMinutes = 5

/**
 * A SQL condition: the timed key minted at `mintedMs`, in milliseconds since
 * 1970, may be claimed now. A number, because a UUIDv7 can name the year 10889,
 * which no driver writes as a date that PostgreSQL reads.
 * True for an opaque key (null). The last line keeps a key refused for ever
 * once a record as young as it was forgotten, even if retention is raised later.
 */
export function mayBeClaimed(mintedMs: string, retentionHours: string): string {
  const mintedAt = `to_timestamp(${mintedMs} / 1000)`
  return `(${mintedMs} is null or (
    ${mintedAt} > clock_timestamp() - make_interval(hours => ${retentionHours} - ${marginHours})
    and ${mintedAt} <= clock_timestamp() + interval '${futureMinutes} minutes'
    and ${mintedAt} > (select forgotten_before from installation) + interval '${futureMinutes} minutes'
  ))`
}

/** Wider than any error of the process's idea of the database's clock in normal operation. */
const doubtMs = 60_000

/**
 * Whether the key is outside its window for certain, as far as this process
 * knows the time. Only the form in which the attempt is made depends on it:
 * the condition above stays the judge, also where this clock is wrong.
 */
export function isOutsideWindow(
  mintedMs: number | null,
  { retentionHours }: KeyPolicy,
  now: Date,
): boolean {
  if (mintedMs === null) return false
  const ageMs = now.getTime() - mintedMs
  const windowMs = (retentionHours - marginHours) * 3_600_000
  return ageMs > windowMs + doubtMs || ageMs < -(futureMinutes * 60_000 + doubtMs)
}
