import { refusalStatus } from '@idem/api/refusal-status'
import { startDatabaseClock } from '@idem/database/clock'
import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { batchPool } from '@idem/idempotency/pg'
import { createOperations, type Operations } from '@idem/operations/create-operations'
import type { Logger } from 'pino'
import { scheduleCleaning } from './cleaning-schedule.ts'
import type { Environment } from './environment.ts'
import { attemptLogger } from './log-attempt.ts'
import { failedBatchLogger } from './log-failed-batch.ts'
import { createMetrics } from './metrics/create-metrics.ts'
import { watchReadiness } from './readiness.ts'
import { scheduleReconcile } from './reconcile-schedule.ts'

export type OpenOperationsSettings = {
  readonly environment: Environment
  /** Of a migrated database. */
  readonly url: string
  readonly log: Logger
  /** What is to be ended, last first, is put on here. */
  readonly closing: AsyncDisposableStack
}

export type OpenOperations = {
  readonly operations: Operations
  readonly metrics: ReturnType<typeof createMetrics>
  /** Whether this instance can write. */
  readonly canWrite: () => Promise<boolean>
}

type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

/** All that stands behind the faces: connections, clock, operations, what counts them, and what cleans up after them. */
export async function openOperations(settings: OpenOperationsSettings): Promise<OpenOperations> {
  const { environment, url, log, closing } = settings
  const policy = { retentionHours: environment.IDEM_KEY_RETENTION_HOURS }
  const tombstoneRetentionDays = environment.IDEM_TOMBSTONE_RETENTION_DAYS

  const at = { url, pooler: environment.IDEM_POOLER }
  const batches = batchPool((settings) => createPool({ ...at, ...settings }))
  const pools = { main: createPool(at), ...batches.pools }
  for (const pool of Object.values(pools)) closing.defer(() => pool.end())
  const canWrite = watchReadiness(pools.main, pools.batches)
  const query: Query = async (text, values) => (await pools.main.query(text, [...values])).rows
  const metrics = createMetrics({ query, canWrite, pools, ...policy })
  const logAttempt = attemptLogger(log)
  const logFailedBatch = failedBatchLogger(log)
  const clock = await startDatabaseClock(pools.main)
  closing.defer(() => clock.stop())

  const operations = createOperations({
    prisma: createPrisma(pools.main),
    batchPool: batches,
    now: () => clock.now(),
    policy,
    tombstoneRetentionDays,
    ledgerEpoch: await ledgerEpoch(query),
    refusalStatus,
    onAttempt(attempt) {
      metrics.countAttempt(attempt)
      logAttempt(attempt)
    },
    onFailedBatch(failed) {
      metrics.countFailedBatch(failed)
      logFailedBatch(failed)
    },
  })

  const { reconciled: onReconciled } = metrics
  closing.defer(scheduleCleaning({ query, policy, tombstoneRetentionDays, log, metrics }))
  closing.defer(scheduleReconcile({ ...at, policy, log, onReconciled }).stop)
  return { operations, metrics, canWrite }
}

async function ledgerEpoch(query: Query): Promise<string> {
  const [installation] = await query('select ledger_epoch from installation', [])
  return String(installation?.ledger_epoch)
}
