import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError, type IdempotencyErrorCode } from '@idem/idempotency'
import { expect, test } from 'vitest'
import { refusalToStore, toRefusal } from './to-refusal.ts'

const codes = [
  'in_flight',
  'key_reused',
  'key_expired',
  'key_from_future',
  'cancelled',
  'unavailable',
  'key_missing',
  'key_malformed',
  'effect_escaped',
] as const satisfies readonly IdempotencyErrorCode[]

test.for(codes)('%s has the same advice in the package and in the contract', (code) => {
  const error = new IdempotencyError(code)
  const { retry, retryAfterMs } = error
  expect(refusalIn(toRefusal(error, { isRepeatable: true }))).toEqual({ code, retry, retryAfterMs })
})

test('an ambiguous attempt without a key is left to a person, with any error of its last try', () => {
  const error = new IdempotencyError('in_flight', { ambiguous: true })
  expect(refusalIn(toRefusal(error, { isRepeatable: false }))).toMatchObject({
    code: 'unavailable',
    retry: 'ask_person',
  })
  expect(refusalIn(toRefusal(error, { isRepeatable: true }))).toMatchObject({
    code: 'in_flight',
    retry: 'same_key',
  })
})

test.for(codes)('%s is never stored', (code) => {
  expect(refusalToStore(toRefusal(new IdempotencyError(code), { isRepeatable: true }))).toBe(
    undefined,
  )
})

function refusalIn(error: unknown) {
  if (error instanceof RefusalError) return error.refusal
  throw new TypeError('Expected a RefusalError.')
}
