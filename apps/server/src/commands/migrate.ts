import { migrate } from '@idem/database/migrate'
import type { Given } from './run-command.ts'
import { withDatabase } from './with-database.ts'

/** A server start does the same; this command is for a serving user without DDL privileges. */
export function migrateDatabase(given: Given): Promise<number> {
  return withDatabase(given, async ({ url }) => {
    const { applied } = await migrate({ url, pooler: given.environment.IDEM_POOLER })
    process.stdout.write(`migrate    ${applied.length === 0 ? 'up to date' : applied.join(', ')}\n`)
    return 0
  })
}
