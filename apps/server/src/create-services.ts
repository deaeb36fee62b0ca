import { expiredRows } from '@idem/accounts/expired-rows'
import { type Admit, admitBy, createAdmission } from '@idem/api/admission'
import type { ContextOf } from '@idem/api/call'
import { refusalStatus } from '@idem/api/refused'
import { RefusalError } from '@idem/contract/refusal'
import { startDatabaseClock } from '@idem/database/clock'
import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { type ShardMap, startShardMap } from '@idem/database/shard-map'
import { batchPool } from '@idem/idempotency/batch'
import { createOperations, type Operations } from '@idem/operations/create-operations'
import { exportOf } from '@idem/operations/export-todos'
import { createLimits, type Nodes, poolSizesOn } from '@idem/operations/limits'
import type { Logger } from 'pino'
import type { Query } from './database/cancellable-query.ts'
import { mainConnections } from './database/connections.ts'
import { readinessCheck } from './database/readiness.ts'
import type { Environment } from './environment.ts'
import { attemptLogger } from './logs/attempt-logger.ts'
import { failedBatchLogger } from './logs/failed-batch-logger.ts'
import { type RefusalLogger, refusalLogger } from './logs/refusal-logger.ts'
import { createMetrics } from './metrics/create-metrics.ts'
import { scheduleCleaning } from './schedules/cleaning-schedule.ts'
import { scheduleOwnerRemoval } from './schedules/owner-removal-schedule.ts'
import { scheduleReconcile } from './schedules/reconcile-schedule.ts'
import type { openSignIn, SignInSettings } from './sign-in/open-sign-in.ts'

/** The only owner without sign-in, and the one that the first account gets. */
const local = { owner: 'local' }

export type SignIn = Awaited<ReturnType<typeof openSignIn>>

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
  readonly contextOf: ContextOf
  readonly signIn: SignIn | undefined
  readonly refusals: RefusalLogger
  readonly installationId: string
}

/** Creates everything behind the APIs: connection pools, clock, operations, metrics and scheduled maintenance. */
export async function createServices(settings: ServicesSettings): Promise<Services> {
  const { environment, url, log, closing } = settings
  const policy = { retentionHours: environment.IDEM_KEY_RETENTION_HOURS }
  const tombstoneRetentionDays = environment.IDEM_TOMBSTONE_RETENTION_DAYS

  const at = { url, pooler: environment.IDEM_POOLER }
  // Readiness does not wait behind the requests that it is asked about.
  const readiness = createPool({ ...at, max: 1 })
  closing.defer(() => readiness.end())
  const shardMap = await startShardMap(readiness)
  closing.defer(() => shardMap?.stop())
  const limits = createLimits(shardMap && nodesOf(shardMap))
  const sizes = shardMap && poolSizesOn(shardMap)
  const batches = batchPool((settings) => createPool({ ...at, ...settings }), {
    connections: sizes?.batches,
    shards: shardMap && {
      shardOf: shardMap.shardOf,
      inTurn: (shard, work) => limits.batches.run(work, { name: shardMap.nodeOf(shard) }),
    },
  })
  const pools = {
    main: createPool({ ...at, max: mainConnections(environment, sizes?.main) }),
    ...batches.pools,
    readiness,
  }
  for (const pool of [pools.main, ...Object.values(batches.pools)]) closing.defer(() => pool.end())
  const canWrite = readinessCheck(pools.readiness, [pools.main, pools.batches])
  const admission = createAdmission()
  const query: Query = async (text, values) => (await pools.main.query(text, [...values])).rows
  const metrics = createMetrics({ query, canWrite, pools, limits, admission, ...policy })
  const logAttempt = attemptLogger(log)
  const logFailedBatch = failedBatchLogger(log)
  const refusals = refusalLogger(log)
  const publicUrl = environment.IDEM_PUBLIC_URL
  let isClosed = false
  const clock = await startDatabaseClock(pools.main, () => {
    if (isClosed || publicUrl !== undefined) return
    isClosed = true
    log.error(signInGone)
  })
  closing.defer(() => clock.stop())
  if (isClosed) throw new Error(signInGone)
  const installation = await readInstallation(query)
  const prisma = createPrisma(pools.main)
  const operations = createOperations({
    prisma,
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
  const signIn =
    publicUrl === undefined
      ? undefined
      : await signInOf({
          ...{ environment, publicUrl, prisma, query },
          now: () => clock.now(),
          exportOf: (owner) => exportOf({ operations, owner, madeAt: new Date() }),
          onFailure: (error) => log.error({ err: error }, 'sign-in failed'),
          onUnwritten: (error) => log.warn({ err: error }, 'last use not written'),
          onAction(event) {
            if (event.outcome === 'done') log.info(event, 'sign-in')
            else refusals.action(event)
          },
          onRefused: refusals.call,
        })

  const { reconciled: onReconciled } = metrics
  closing.defer(
    scheduleCleaning({ query, policy, tombstoneRetentionDays, expiredRows, log, metrics }),
  )
  if (signIn !== undefined) closing.defer(scheduleOwnerRemoval({ query, log }))
  closing.defer(scheduleReconcile({ ...at, policy, log, onReconciled }).stop)
  return {
    operations,
    metrics,
    canWrite: async () => !isClosed && (await canWrite()),
    admit: admitBy(admission),
    contextOf: signIn ? contextsOf(operations, signIn) : localContexts(operations, () => isClosed),
    signIn,
    refusals,
    installationId: installation.installationId,
  }
}

function nodesOf({ nodes, nodeOf, shardOf }: ShardMap): Nodes {
  return { nodes, nodeOf: (owner) => nodeOf(shardOf(owner)) }
}

/** Loaded only with sign-in: the credentials library takes half a second and 60 MB. */
async function signInOf(settings: SignInSettings): Promise<SignIn> {
  const { openSignIn } = await import('./sign-in/open-sign-in.ts')
  return openSignIn(settings)
}

/** Another process on the database may make the first account, and from then on nobody is `local` here. */
function localContexts(operations: Operations, isClosed: () => boolean): ContextOf {
  return () => {
    if (isClosed()) throw new RefusalError('unauthenticated')
    return { caller: local, operations }
  }
}

function contextsOf(operations: Operations, signIn: SignIn): ContextOf {
  const { callerOf } = signIn
  return (request) => {
    const caller = callerOf(request)
    // A cached caller costs no turn of the event loop.
    if (!(caller instanceof Promise)) return { caller, operations }
    return caller.then((caller) => ({ caller, operations }))
  }
}

const signInGone =
  'This installation has accounts, so it is not served without sign-in; set IDEM_PUBLIC_URL to the address that people use, and start again.'

async function readInstallation(query: Query) {
  const [row] = await query('select ledger_epoch, installation_id from idem.installation', [])
  return { ledgerEpoch: `${row?.ledger_epoch}`, installationId: `${row?.installation_id}` }
}
