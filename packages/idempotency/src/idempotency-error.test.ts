import { expect, test } from 'vitest'
import { IdempotencyError } from './idempotency-error.ts'

test.for([
  ['in_flight', 'same_key', 1_000, 409],
  ['unavailable', 'same_key', 1_000, 503],
  ['key_expired', 'new_key', undefined, 412],
  ['key_from_future', 'new_key', undefined, 412],
  ['key_reused', 'never', undefined, 422],
  ['cancelled', 'never', undefined, 409],
  ['key_missing', 'never', undefined, 400],
  ['key_malformed', 'never', undefined, 400],
] as const)('%s advises %s', ([code, retry, retryAfterMs, status]) => {
  expect(new IdempotencyError(code)).toMatchObject({ code, retry, retryAfterMs, status })
})
