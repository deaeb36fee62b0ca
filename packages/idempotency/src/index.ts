export type { IdempotencyAdapter, Query, Row } from './adapter.ts'
export type { Answer } from './answer.ts'
export {
  type CleanOptions,
  createIdempotency,
  type Idempotency,
  type IdempotencyOptions,
  type RunOptions,
} from './create-idempotency.ts'
export {
  IdempotencyError,
  type IdempotencyErrorCode,
  type RetryAdvice,
} from './idempotency-error.ts'
export type { Intent, KeyName } from './intent.ts'
export { keyForm, mintedAt, mintKey } from './intent.ts'
export type { Json, Serializer } from './json.ts'
export type { CallerSignal } from './records/claim.ts'
export { acceptanceWindow } from './records/key-policy.ts'
export type { AttemptReport } from './reporting/report-attempts.ts'
export type { KeyOutcome } from './run/key-state.ts'
export { retryRead, retryTransaction } from './run/retry-transaction.ts'
export type { StoredError } from './stored-error.ts'
