import type { IdempotencyKey } from '@idem/contract/idempotency-key'
import { mintId } from './mint-id.ts'

/**
 * Mints a new key. Mint one per submission, keep it with the intent and send every retry with it.
 * It is a UUIDv7, so once the server has forgotten the key it refuses it instead of executing the
 * intent again.
 *
 * @param now milliseconds since 1970 on the server's clock (`createServerClock`):
 * a key minted days early or minutes late is refused
 */
export function mintKey(now: number = Date.now()): IdempotencyKey {
  // A UUID consists of characters that a key may have.
  return mintId(now) as IdempotencyKey
}
