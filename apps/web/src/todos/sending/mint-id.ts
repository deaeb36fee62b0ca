import { mintKey } from '@idem/outbox/key'

/** A refreshed clock offset steps back a little and is smoothed; a corrected clock jumps far and is followed. */
const smallStepMs = 60_000

/**
 * Mints a UUIDv7 for a todo. Ids of one page are monotonic, even within a millisecond and when the
 * clock steps back a little, so sorting by id sorts by creation time.
 *
 * @param now milliseconds since 1970, preferably on the server's clock
 */
export function mintId(now: number = Date.now()): string {
  const given = Math.floor(now)
  const isSmallStepBack = given <= lastMs && lastMs - given <= smallStepMs
  lastMs = isSmallStepBack ? lastMs + 1 : given
  return mintKey(lastMs)
}

let lastMs = Number.NEGATIVE_INFINITY
