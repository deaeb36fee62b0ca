import type { IdempotencyError } from './idempotency-error.ts'

/** By name: a bundler may load this package twice, and then there are two classes. */
export function isRefusal(error: unknown): error is IdempotencyError {
  return Object(error).name === 'IdempotencyError'
}
