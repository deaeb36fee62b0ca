import type pg from 'pg'
import { batchesAtOnce, batchLockTimeoutMs, partsLockTimeoutMs } from '../batch/batch.ts'
import type { Lane } from '../batch/batch-settings.ts'
import type { BatchPool } from '../create-idempotency.ts'
import { guardPool } from './pool-guard.ts'

/** What the pool of a lane must keep to. */
export type LaneSettings = { readonly max: number; readonly lockTimeoutMs: number }

const lanes: Readonly<Record<Lane, LaneSettings>> = {
  batches: { max: batchesAtOnce, lockTimeoutMs: batchLockTimeoutMs },
  parts: { max: 1, lockTimeoutMs: partsLockTimeoutMs },
}

/**
 * The connections of `batched`: pools of their own, so that a batch never waits
 * for a connection, with short waits for locks. `open` makes a pool with these
 * settings, for one `new pg.Pool({ max, lock_timeout: lockTimeoutMs })`; it is
 * guarded from then on.
 */
export function batchPool(open: (settings: LaneSettings) => pg.Pool) {
  const pools: Readonly<Record<Lane, pg.Pool>> = {
    batches: guardPool(open(lanes.batches)),
    parts: guardPool(open(lanes.parts)),
  }
  return {
    pools,
    async query(statement, lane) {
      const client = await pools[lane].connect()
      const answered = client.query({ ...statement, values: [...statement.values] })
      answered.then(
        () => client.release(),
        (error: unknown) => releaseAfter(error, client),
      )
      return (await answered).rows
    },
    async end() {
      await Promise.all([pools.batches.end(), pools.parts.end()])
    },
  } satisfies BatchPool & { readonly pools: object; readonly end: () => Promise<void> }
}

/**
 * Not what `pool.query` does, which drops the client: a batch that waited for a
 * lock in vain would take its connection along, and the plans that it keeps. The
 * server reports an error before it is ready again, and the guard drops a client
 * that is not; so the next answer is waited for. A client that is broken fails
 * that as well, and the pool drops it.
 */
function releaseAfter(error: unknown, client: pg.PoolClient): void {
  const release = () => client.release()
  if (error instanceof Error && 'severity' in error) client.query('').then(release, release)
  else release()
}
