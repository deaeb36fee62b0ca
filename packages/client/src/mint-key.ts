import { IdempotencyKey } from '@idem/contract/idempotency-key'
import { mintId } from './mint-id.ts'

/**
 * A new key, once per submission: keep it with what it was minted for and send
 * every repetition under it. It is a UUIDv7, so the server refuses it, rather
 * than doing the thing again, once it has forgotten it.
 *
 * @param now milliseconds since 1970 on the server's clock (`createServerClock`):
 * a key minted days early or minutes late is refused
 */
export function mintKey(now: number = Date.now()): IdempotencyKey {
  return IdempotencyKey.parse(mintId(now))
}
