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
 * A SQL condition: the timed key minted at `mintedAt` may be claimed now.
 * True for an opaque key (null). The last line keeps a key refused for ever
 * once a record as young as it was forgotten, even if retention is raised later.
 */
export function mayBeClaimed(mintedAt: string, retentionHours: string): string {
  return `(${mintedAt} is null or (
    ${mintedAt} > clock_timestamp() - make_interval(hours => ${retentionHours} - ${marginHours})
    and ${mintedAt} <= clock_timestamp() + interval '${futureMinutes} minutes'
    and ${mintedAt} > (select forgotten_before from installation) + interval '${futureMinutes} minutes'
  ))`
}
