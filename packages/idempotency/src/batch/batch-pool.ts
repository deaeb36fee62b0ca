import type pg from 'pg'
import { guardPool } from '../pg/pool/pool-guard.ts'
import { timeLimited } from '../pg/transaction/send-together.ts'
import { batchesAtOnce, batchLockTimeoutMs, createBatch, partsLockTimeoutMs } from './batch.ts'
import type { BatchPool, ColumnValue, PoolName } from './batch-settings.ts'

/** Settings that a pool of batches must use. */
export type PoolSettings = { readonly max: number; readonly lockTimeoutMs: number }

const settings: Readonly<Record<PoolName, PoolSettings>> = {
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
export function batchPool(open: (settings: PoolSettings) => pg.Pool) {
  const pools: Readonly<Record<PoolName, pg.Pool>> = {
    batches: guardPool(open(settings.batches)),
    parts: guardPool(open(settings.parts)),
  }
  return {
    pools,
    createBatch,
    async query(statement, pool) {
      const client = await pools[pool].connect()
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

/**
 * The text of a PostgreSQL array (documentation, section 8.15). The driver writes it as well, in
 * twice the time: 6.3 µs for each attempt of a batch, which brings nine elements.
 */
export function arrayText(elements: readonly ColumnValue[]): string {
  return `{${elements.map(elementText).join(',')}}`
}

function elementText(element: ColumnValue): string {
  if (typeof element === 'string') return quoted(element)
  return element === undefined ? 'null' : String(element)
}

/** JSON quotes these like an array does, and other characters in its own way. */
const quotedAsInJson = /^[ -\ud7ff\ue000-\uffff]*$/

function quoted(text: string): string {
  return quotedAsInJson.test(text) ? JSON.stringify(text) : `"${text.replace(/[\\"]/g, '\\$&')}"`
}
