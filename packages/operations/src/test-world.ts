import { type MutationInput, type MutationName, mutations } from '@idem/contract/operations'
import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import {
  type BatchPool,
  type FailedBatch,
  batchPool as openBatchPool,
} from '@idem/idempotency/batch'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { vi } from 'vitest'
import type { Call } from './call.ts'
import { createOperations } from './create-operations.ts'
import type { OperationSettings } from './services.ts'

export type World = Awaited<ReturnType<typeof createWorld>>

export const caller = { owner: 'local' }

/** A call as both APIs make it. Without a key by default. */
export function callOf<Name extends MutationName>(
  name: Name,
  arrived: object,
  key?: string,
): Call<MutationInput<Name>> {
  return { key, arrived, input: mutations[name].input.parse(arrived) as MutationInput<Name> }
}

/** All settings except the database. */
export const plainSettings = {
  now: () => new Date(),
  policy: { retentionHours: 24 },
  tombstoneRetentionDays: 365,
  ledgerEpoch: '5f0c8d3e-0000-4000-8000-000000000000',
  installationId: '5f0c8d3e-0000-4000-8000-000000000001',
  refusalStatus: { not_found: 404, version_conflict: 412, id_taken: 409 },
} satisfies Partial<OperationSettings>

/** A pool of batches without a database. */
export function fakeBatchPool(query: BatchPool['query']): BatchPool {
  return {
    ...openBatchPool(() => createPool({ url: 'postgresql://idem@127.0.0.1:1/idem' })),
    query,
  }
}

/** One shard for all owners, on tables that a database distributes by owner. */
export const oneShard = {
  shardOf: () => 'one',
  inTurn: (_: string, work: () => Promise<void>) => work(),
}

type WorldSettings = Parameters<typeof openBatchPool>[1]

/** The operations with a separate database. */
export async function createWorld(settings: WorldSettings = {}) {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const admin = createPool({ url: database.url, max: 1 })
  const prisma = createPrisma(pool)
  const batchPool = openBatchPool(() => pool, settings)
  const failedBatches: FailedBatch[] = []
  const operations = createOperations({
    ...plainSettings,
    prisma,
    batchPool,
    onFailedBatch: (failed) => failedBatches.push(failed),
  })
  return {
    url: database.url,
    pool,
    prisma,
    batchPool,
    failedBatches,
    operations,
    async someoneWaitsForALock(): Promise<void> {
      const isWaiting = `select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      await vi.waitUntil(async () => (await admin.query(isWaiting)).rowCount !== 0, {
        interval: 10,
        timeout: 10_000,
      })
    },
    async count(table: 'todo' | 'idem.idempotency_record'): Promise<number> {
      return (await pool.query(`select count(*)::int as n from ${table}`)).rows[0].n
    },
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await Promise.all([pool.end(), admin.end()])
      await database[Symbol.asyncDispose]()
    },
  }
}
