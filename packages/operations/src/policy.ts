import type { Policy } from '@idem/contract/policy'
import { futureMinutes, marginHours } from '@idem/idempotency/key-policy'
import type { Services } from './intents/services.ts'

/** Answered from memory, so a client learns the server's clock even while the database is away. */
export function policy(services: Services) {
  const { retentionHours } = services.policy
  return function policy(): Policy {
    return {
      keyRetentionHours: retentionHours,
      acceptancePastHours: retentionHours - marginHours,
      acceptanceFutureMinutes: futureMinutes,
      serverTime: services.now().toISOString(),
      ledgerEpoch: services.ledgerEpoch,
    }
  }
}
