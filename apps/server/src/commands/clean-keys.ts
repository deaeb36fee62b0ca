import { clean } from '@idem/operations/clean'
import { runCommand } from './run-command.ts'
import { withDatabase } from './with-database.ts'

await runCommand((given) =>
  withDatabase(given, async ({ query }) => {
    const { environment, signal } = given
    const { IDEM_KEY_RETENTION_HOURS: hours, IDEM_TOMBSTONE_RETENTION_DAYS: days } = environment
    const { keys, tombstones } = await clean({
      query,
      policy: { retentionHours: hours },
      tombstoneRetentionDays: days,
      signal,
    })
    process.stdout.write(`keys        ${keys.removed}, kept for ${hours} hours\n`)
    process.stdout.write(`tombstones  ${tombstones.removed}, kept for ${days} days\n`)
    const failures = [keys, tombstones].flatMap(({ failure }) => failure ?? [])
    if (failures.length > 0) throw failures[0]
    return 0
  }),
)
