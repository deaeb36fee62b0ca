import { v7 as uuidv7 } from 'uuid'

/** A refreshed clock offset steps back a little and is smoothed; a corrected clock jumps far and is followed. */
const smallStepMs = 60_000

/**
 * Mints a UUIDv7 for a todo. Ids of one page are monotonic, even within a millisecond and when the
 * clock steps back a little, so sorting by id sorts by creation time. Works outside secure contexts.
 *
 * @param now milliseconds since 1970, preferably on the server's clock
 */
export function mintId(now: number = Date.now()): string {
  const given = Math.floor(now)
  const isSmallStepBack = given < last.ms && last.ms - given <= smallStepMs
  const ms = isSmallStepBack ? last.ms : given
  last = { ms, sequence: ms === last.ms ? last.sequence + 1 : randomStart() }
  return uuidv7({ msecs: last.ms, seq: last.sequence })
}

let last = { ms: Number.NEGATIVE_INFINITY, sequence: 0 }

/** Uses 31 of the 32 sequence bits of a UUIDv7, so that counting up never overflows. */
function randomStart(): number {
  const [start = 0] = crypto.getRandomValues(new Uint32Array(1))
  return start >>> 1
}
