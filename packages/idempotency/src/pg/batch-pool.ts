import type pg from 'pg'
import { batchesAtOnce, batchLockTimeoutMs, partsLockTimeoutMs } from '../batch/batch.ts'
import type { Lane } from '../batch/batch-settings.ts'
import type { BatchPool } from '../create-idempotency.ts'
import { arrayText } from './array-text.ts'
import { guardPool } from './pool-guard.ts'
import { timeLimited } from './time-limited.ts'

/** Settings that the pool of a lane must use. */
export type LaneSettings = { readonly max: number; readonly lockTimeoutMs: number }

const lanes: Readonly<Record<Lane, LaneSettings>> = {
  batches: { max: batchesAtOnce, lockTimeoutMs: batchLockTimeoutMs },
  parts: { max: 1, lockTimeoutMs: partsLockTimeoutMs },
}

/** A batch takes milliseconds, and after a lost answer its attempts run alone. A request has ten seconds. */
const queryTimeoutMs = 5_000

/**
 * The connections of `batched` and `batchedChange`: pools of their own, so that a
 * batch waits for no other work, with short waits for locks. `open` makes a pool with these
 * settings, such as `new pg.Pool({ max, lock_timeout: lockTimeoutMs })`; it is
 * guarded from then on. A statement without an answer within the `query_timeout`
 * of that pool, or 5 s, is given up, and its attempts run alone.
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
      const values = statement.values.map((value) =>
        Array.isArray(value) ? arrayText(value) : value,
      )
      const config = { ...statement, values }
      const answered = client.query(timeLimited(client, config, queryTimeoutMs))
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
 * `pool.query` would drop the client: a batch whose lock wait timed out would lose
 * its connection and the prepared plans on it. The server reports an error before
 * it is ready again, and the guard drops a client that is not ready, so an empty
 * query waits for that. A broken client fails it too, and the pool drops it.
 */
function releaseAfter(error: unknown, client: pg.PoolClient): void {
  const release = () => client.release()
  if (error instanceof Error && 'severity' in error) client.query('').then(release, release)
  else release()
}
