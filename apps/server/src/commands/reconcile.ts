import { reconcile } from '@idem/operations/reconcile'
import type { Given } from './run-command.ts'
import { withDatabase } from './with-database.ts'

export function reconcileKeys(given: Given): Promise<number> {
  return withDatabase(given, async ({ query }) => {
    const retentionHours = given.environment.IDEM_KEY_RETENTION_HOURS
    const found = await reconcile({ query, policy: { retentionHours } })
    const { duplicates, keysWithoutEffect, effectsWithoutKey } = found
    process.stdout.write(
      `duplicates           ${duplicates}\nkeys without effect  ${keysWithoutEffect}\neffects without key  ${effectsWithoutKey}\n`,
    )
    return duplicates + keysWithoutEffect + effectsWithoutKey === 0 ? 0 : 1
  })
}
