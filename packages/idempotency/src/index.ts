export type { IdempotencyAdapter, Query, Row } from './adapter.ts'
export type { Answer } from './answer.ts'
export type { BatchEffect, FailedBatch, Statement } from './batch-settings.ts'
export {
  type BatchDefinition,
  type BatchPool,
  type CleanOptions,
  createIdempotency,
  type Idempotency,
  type IdempotencyOptions,
  type RunOptions,
} from './create-idempotency.ts'
export { IdempotencyError, type IdempotencyErrorCode, type Retry } from './idempotency-error.ts'
export type { Intent, KeyName } from './intent.ts'
export type { Json, Serializer } from './json.ts'
export { acceptanceWindow } from './key-policy.ts'
export type { KeyOutcome } from './outcome-of.ts'
export type { AttemptReport } from './report-attempts.ts'
export { retryRead, retryTransaction } from './retry-transaction.ts'
export type { StoredError } from './stored-error.ts'
export { mintedAt } from './time-ordered-key.ts'
