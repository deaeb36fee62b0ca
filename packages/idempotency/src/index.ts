export type { IdempotencyAdapter, Query } from './adapter.ts'
export type { Answer } from './answer.ts'
export {
  createIdempotency,
  type Idempotency,
  type IdempotencyOptions,
  type RunOptions,
} from './create-idempotency.ts'
export { IdempotencyError, type RetryAdvice } from './idempotency-error.ts'
export type { Intent, KeyName } from './intent.ts'
export type { Serializer } from './json.ts'
export type { AttemptReport } from './reporting/report-attempts.ts'
export type { KeyState } from './run/key-state.ts'
export type { StoredError } from './stored-error.ts'
