import { createBatch } from './batch.ts'
import type { BatchSettings, Join } from './batch-settings.ts'
import { createShardStatements } from './shard-statements.ts'

/**
 * Batches on tables that are distributed by owner: attempts of one shard share a batch. One with attempts of several
 * shards would be refused, or committed in two phases, and one for each owner would hold a single attempt.
 */
export function createShardBatches<Draft>(settings: BatchSettings<Draft>): Join<Draft> {
  const { shards } = settings.pool
  if (shards === undefined) return createBatch(settings)
  const batches = new Map<string, Join<Draft>>()
  return (claim, draft) => {
    const shard = shards.shardOf(claim.owner)
    let join = batches.get(shard)
    if (join === undefined) {
      join = createBatch(
        { ...settings, inTurn: (work) => shards.inTurn(shard, work) },
        createShardStatements,
      )
      batches.set(shard, join)
    }
    return join(claim, draft)
  }
}
