import { migrate } from '@idem/database/migrate'
import { runCommand } from './run-command.ts'
import { withDatabase } from './with-database.ts'

// What a start does as well; by itself for a database whose serving user may not change tables.
await runCommand((given) =>
  withDatabase(given, async ({ url }) => {
    const { applied } = await migrate({ url, pooler: given.environment.IDEM_POOLER })
    process.stdout.write(`migrate    ${applied.length === 0 ? 'up to date' : applied.join(', ')}\n`)
    return 0
  }),
)
