import { v7 as uuidv7 } from 'uuid'

/**
 * A UUIDv7, for a todo's id. Ids of one page rise even within a millisecond, so
 * sorting by id is sorting by the time of writing. Works outside secure contexts.
 *
 * @param now milliseconds since 1970, best on the server's clock
 */
export function mintId(now: number = Date.now()): string {
  last = { ms: now, sequence: now === last.ms ? last.sequence + 1 : randomStart() }
  return uuidv7({ msecs: last.ms, seq: last.sequence })
}

let last = { ms: Number.NEGATIVE_INFINITY, sequence: 0 }

/** 31 of the 32 bits a UUIDv7 has for it, so that counting up from here never overflows. */
function randomStart(): number {
  const [start = 0] = crypto.getRandomValues(new Uint32Array(1))
  return start >>> 1
}
