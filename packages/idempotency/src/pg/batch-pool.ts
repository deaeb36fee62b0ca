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
      return (await pools[lane].query({ ...statement, values: [...statement.values] })).rows
    },
    async end() {
      await Promise.all([pools.batches.end(), pools.parts.end()])
    },
  } satisfies BatchPool & { readonly pools: object; readonly end: () => Promise<void> }
}
