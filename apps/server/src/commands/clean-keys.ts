import { clean } from '@idem/api/cleaning'
import { runCommand } from './run-command.ts'
import { withDatabase } from './with-database.ts'

await runCommand((given) =>
  withDatabase(given, async ({ query }) => {
    const { environment, signal } = given
    const { keys, tombstones } = await clean({
      query,
      policy: { retentionHours: environment.IDEM_KEY_RETENTION_HOURS },
      tombstoneRetentionDays: environment.IDEM_TOMBSTONE_RETENTION_DAYS,
      signal,
    })
    process.stdout.write(`keys        ${keys}\ntombstones  ${tombstones}\n`)
    return 0
  }),
)
