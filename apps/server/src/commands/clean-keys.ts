import { expiredRows } from '@idem/accounts/expired-rows'
import { clean } from '@idem/operations/clean'
import type { Given } from './run-command.ts'
import { withDatabase } from './with-database.ts'

export function cleanKeys(given: Given): Promise<number> {
  return withDatabase(given, async ({ query }) => {
    const { environment, signal } = given
    const { IDEM_KEY_RETENTION_HOURS: hours, IDEM_TOMBSTONE_RETENTION_DAYS: days } = environment
    const cleaned = await clean({
      query,
      policy: { retentionHours: hours },
      tombstoneRetentionDays: days,
      expiredRows,
      signal,
    })
    const { keys, tombstones, sign_in: signIn } = cleaned
    process.stdout.write(`keys        ${keys.removed}, kept for ${hours} hours\n`)
    process.stdout.write(`tombstones  ${tombstones.removed}, kept for ${days} days\n`)
    process.stdout.write(`sign-in     ${signIn.removed}, expired\n`)
    const failures = Object.values(cleaned).flatMap(({ failure }) => failure ?? [])
    if (failures.length > 0) throw failures[0]
    return 0
  })
}
