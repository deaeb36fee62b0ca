import type { Random } from '@idem/test-support/random'
import { v7 } from 'uuid'

/** A UUIDv7 minted at that time, the same for the same seed. */
export function uuidAt(random: Random, msecs: number): string {
  return v7({ msecs, random: Uint8Array.from({ length: 16 }, () => random.between(0, 255)) })
}
