import { type Admit, admitBy, createAdmission } from '@idem/api/admission'
import { refusalStatus } from '@idem/api/refused'
import { startDatabaseClock } from '@idem/database/clock'
import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { batchPool } from '@idem/idempotency/batch'
import { createOperations, type Operations } from '@idem/operations/create-operations'
import { createLimits, poolSize } from '@idem/operations/limits'
import type { Logger } from 'pino'
import { readinessCheck } from './database/readiness.ts'
import type { Environment } from './environment.ts'
import { attemptLogger } from './logs/attempt-logger.ts'
import { failedBatchLogger } from './logs/failed-batch-logger.ts'
import { createMetrics } from './metrics/create-metrics.ts'
import { scheduleCleaning } from './schedules/cleaning-schedule.ts'
import { scheduleReconcile } from './schedules/reconcile-schedule.ts'

export type ServicesSettings = {
  readonly environment: Environment
  /** The URL of a migrated database. */
  readonly url: string
  readonly log: Logger
  /** Collects what must be closed, in reverse order. */
  readonly closing: AsyncDisposableStack
}

export type Services = {
  readonly operations: Operations
  readonly metrics: ReturnType<typeof createMetrics>
  /** Whether this instance can write. */
  readonly canWrite: () => Promise<boolean>
  readonly admit: Admit
  readonly installationId: string
}

type Query = (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>

/** Creates everything behind the APIs: connection pools, clock, operations, metrics and scheduled maintenance. */
export async function createServices(settings: ServicesSettings): Promise<Services> {
  const { environment, url, log, closing } = settings
  const policy = { retentionHours: environment.IDEM_KEY_RETENTION_HOURS }
  const tombstoneRetentionDays = environment.IDEM_TOMBSTONE_RETENTION_DAYS

  const at = { url, pooler: environment.IDEM_POOLER }
  const batches = batchPool((settings) => createPool({ ...at, ...settings }))
  // Readiness does not wait behind the requests that it is asked about.
  const pools = {
    main: createPool({ ...at, max: poolSize }),
    ...batches.pools,
    readiness: createPool({ ...at, max: 1 }),
  }
  for (const pool of Object.values(pools)) closing.defer(() => pool.end())
  const canWrite = readinessCheck(pools.readiness, [pools.main, pools.batches])
  const admission = createAdmission()
  const limits = createLimits()
  const query: Query = async (text, values) => (await pools.main.query(text, [...values])).rows
  const metrics = createMetrics({ query, canWrite, pools, limits, admission, ...policy })
  const logAttempt = attemptLogger(log)
  const logFailedBatch = failedBatchLogger(log)
  const clock = await startDatabaseClock(pools.main)
  closing.defer(() => clock.stop())

  const installation = await readInstallation(query)
  const operations = createOperations({
    prisma: createPrisma(pools.main),
    limits,
    batchPool: batches,
    now: () => clock.now(),
    policy,
    tombstoneRetentionDays,
    ...installation,
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
  const { installationId } = installation
  return { operations, metrics, canWrite, admit: admitBy(admission), installationId }
}

async function readInstallation(query: Query) {
  const [row] = await query('select ledger_epoch, installation_id from idem.installation', [])
  return { ledgerEpoch: `${row?.ledger_epoch}`, installationId: `${row?.installation_id}` }
}
