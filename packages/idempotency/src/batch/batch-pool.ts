import type pg from 'pg'
import { guardPool } from '../pg/pool/pool-guard.ts'
import { sendForRows } from '../pg/transaction/send-for-rows.ts'
import { timeLimited } from '../pg/transaction/send-together.ts'
import { batchesAtOnce, createBatch } from './batch.ts'
import {
  type BatchPool,
  batchLockTimeoutMs,
  type ColumnValue,
  type PoolName,
  partsLockTimeoutMs,
  type Send,
  type Shards,
  type Transactions,
} from './batch-settings.ts'
import { createShardBatches } from './shard-batches.ts'

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
 *
 * `shards`: the tables are distributed by owner. Then a batch has the attempts of one shard, and is a transaction.
 */
export function batchPool(
  open: (settings: PoolSettings) => pg.Pool,
  { shards, connections }: DistributedSettings = {},
) {
  const { batches, parts } = settings
  const pools: Readonly<Record<PoolName, pg.Pool>> = {
    batches: guardPool(open({ ...batches, max: connections ?? batches.max })),
    parts: guardPool(open({ ...parts, max: connections ?? parts.max })),
  }
  const transact: Transactions['transact'] = async (work, pool) => {
    const client = await pools[pool].connect()
    const send: Send = (statements) => sendForRows(client, statements.map(asText), queryTimeoutMs)
    try {
      const result = await work(send)
      client.release()
      return result
    } catch (error) {
      // A lost connection fails it too, and the guard drops a client that is still in a transaction.
      await client.query('rollback').catch(() => undefined)
      client.release()
      throw error
    }
  }

  return {
    pools,
    shards: shards && { ...shards, transact },
    createBatch: shards === undefined ? createBatch : createShardBatches,
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

type DistributedSettings = {
  readonly shards?: Shards | undefined
  /** Connections of each pool: as many as batches are in progress on all nodes. */
  readonly connections?: number | undefined
}

function asText({ text, values }: Parameters<Send>[0][number]) {
  return { text, values: values.map(valueText) }
}

function valueText(value: ColumnValue | readonly ColumnValue[]): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? arrayText(value) : String(value)
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
