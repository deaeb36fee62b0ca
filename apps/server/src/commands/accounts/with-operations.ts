import { refusalStatus } from '@idem/api/refused'
import { startDatabaseClock } from '@idem/database/clock'
import { createPool } from '@idem/database/pool'
import { createPrisma, type PrismaClient } from '@idem/database/prisma'
import { batchPool } from '@idem/idempotency/batch'
import { createOperations, type Operations } from '@idem/operations/create-operations'
import { poolSize } from '@idem/operations/limits'
import type { Given } from '../run-command.ts'
import type { CommandDatabase } from '../with-database.ts'

type Opened = { readonly operations: Operations; readonly prisma: PrismaClient }

/** Opens the operations of the server for one command, which may run beside it. */
export async function withOperations<T>(
  { environment, url }: Pick<Given, 'environment'> & Pick<CommandDatabase, 'url'>,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  await using ending = new AsyncDisposableStack()
  const at = { url, pooler: environment.IDEM_POOLER, applicationName: 'idem command' }
  const batches = batchPool((settings) => createPool({ ...at, ...settings }))
  const pools = [createPool({ ...at, max: poolSize }), ...Object.values(batches.pools)] as const
  for (const pool of pools) ending.defer(() => pool.end())
  const clock = await startDatabaseClock(pools[0])
  ending.defer(() => clock.stop())
  const prisma = createPrisma(pools[0])
  const operations = createOperations({
    prisma,
    batchPool: batches,
    now: () => clock.now(),
    policy: { retentionHours: environment.IDEM_KEY_RETENTION_HOURS },
    // An import brings todos of any age, and no late attempt.
    tombstoneRetentionDays: Number.POSITIVE_INFINITY,
    refusalStatus,
    // Only `policy` answers with them.
    ledgerEpoch: '',
    installationId: '',
  })
  return await work({ operations, prisma })
}
