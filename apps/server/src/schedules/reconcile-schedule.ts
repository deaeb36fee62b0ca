import { createPool, type Pooler } from '@idem/database/pool'
import { type ReconcileSettings, type Reconciliation, reconcile } from '@idem/operations/reconcile'
import { Cron } from 'croner'
import type { Logger } from 'pino'
import { cancellableQuery } from '../database/cancellable-query.ts'

export type ReconcileScheduleSettings = {
  readonly url: string
  readonly pooler?: Pooler | undefined
  readonly policy: ReconcileSettings['policy']
  readonly log: Logger
  readonly onReconciled: (found: Reconciliation) => void
}

/** At night: it reads every todo, which takes minutes for millions of todos. */
const everyNight = '17 3 * * *'
/** A statement takes well below a second; this much only where the disk or a lock is very slow. */
const statementMs = 30_000

/**
 * Compares keys with effects every night, or when triggered. `stop` cancels a comparison in
 * progress.
 */
export function scheduleReconcile(settings: ReconcileScheduleSettings) {
  const { log, onReconciled } = settings
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  async function reconcileOnce(): Promise<void> {
    try {
      const found = await compareAll(settings, stopping.signal)
      onReconciled(found)
      const isClean = Object.values(found).every((count) => count === 0)
      log[isClean ? 'info' : 'error'](found, 'reconciled')
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ err: error }, 'reconciling failed')
    }
  }

  const job = new Cron(everyNight, { protect: true, unref: true }, () => {
    running = reconcileOnce()
    return running
  })
  return {
    trigger: () => job.trigger(),
    async stop(): Promise<void> {
      job.stop()
      stopping.abort()
      await running
    },
  }
}

/** On a separate connection: those of the main pool are for requests. */
async function compareAll(
  { url, pooler, policy }: ReconcileScheduleSettings,
  signal: AbortSignal,
): Promise<Reconciliation> {
  const pool = createPool({
    url,
    pooler,
    max: 1,
    applicationName: 'idem reconcile',
    // No caller waits for it, so it may wait for locks.
    lockTimeoutMs: statementMs,
    statementTimeoutMs: statementMs,
  })
  try {
    return await reconcile({ policy, query: cancellableQuery({ pool, statementMs, signal }) })
  } finally {
    await pool.end()
  }
}
