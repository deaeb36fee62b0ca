import type { Policy } from '@idem/contract/policy'
import { acceptanceWindow } from '@idem/idempotency'
import type { Services } from './intents/services.ts'

/** Answered from memory, so a client learns the server's clock even while the database is away. */
export function policy(services: Services) {
  const { retentionHours } = services.policy
  const { pastHours, futureMinutes } = acceptanceWindow({ retentionHours })
  return function policy(): Policy {
    return {
      keyRetentionHours: retentionHours,
      acceptancePastHours: pastHours,
      acceptanceFutureMinutes: futureMinutes,
      serverTime: services.now().toISOString(),
      ledgerEpoch: services.ledgerEpoch,
    }
  }
}
