import { expect, test } from 'vitest'
import { IdempotencyError } from './idempotency-error.ts'

test.for([
  ['in_flight', 'same_key', 1_000],
  ['unavailable', 'same_key', 1_000],
  ['key_expired', 'new_key', undefined],
  ['key_from_future', 'new_key', undefined],
  ['key_reused', 'never', undefined],
  ['cancelled', 'never', undefined],
  ['key_missing', 'never', undefined],
  ['key_malformed', 'never', undefined],
] as const)('%s advises %s', ([code, retry, retryAfterMs]) => {
  expect(new IdempotencyError(code)).toMatchObject({ code, retry, retryAfterMs })
})
