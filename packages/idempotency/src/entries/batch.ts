export { batchPool, type PoolSettings } from '../batch/batch-pool.ts'
export type {
  BatchChange,
  BatchEffect,
  BatchPool,
  Decision,
  FailedBatch,
  PoolName,
  Statement,
} from '../batch/batch-settings.ts'
export type {
  BatchChangeDefinition,
  BatchDefinition,
  Batched,
} from '../create-idempotency.ts'
