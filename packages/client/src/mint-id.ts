import { v7 as uuidv7 } from 'uuid'

/** A clock that is learnt anew jumps a little; one that is set right jumps far, and is followed. */
const smallStepMs = 60_000

/**
 * A UUIDv7, for a todo's id. Ids of one page rise, even within a millisecond and
 * when the clock is put back a little, so sorting by id is sorting by the time of
 * writing. Works outside secure contexts.
 *
 * @param now milliseconds since 1970, best on the server's clock
 */
export function mintId(now: number = Date.now()): string {
  const given = Math.floor(now)
  const isSmallStepBack = given < last.ms && last.ms - given <= smallStepMs
  const ms = isSmallStepBack ? last.ms : given
  last = { ms, sequence: ms === last.ms ? last.sequence + 1 : randomStart() }
  return uuidv7({ msecs: last.ms, seq: last.sequence })
}

let last = { ms: Number.NEGATIVE_INFINITY, sequence: 0 }

/** 31 of the 32 bits a UUIDv7 has for it, so that counting up from here never overflows. */
function randomStart(): number {
  const [start = 0] = crypto.getRandomValues(new Uint32Array(1))
  return start >>> 1
}
