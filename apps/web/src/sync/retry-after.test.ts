import { expect, test } from 'vitest'
import { retryAfter } from './retry-after.ts'

const refused = (refusal: object) => ({ data: { refusal } })

test('a page that an overloaded server refused waits at least as long as it asks for, and not as long as all others', () => {
  const error = refused({ code: 'unavailable', retry: 'same_key', retryAfterMs: 2_000 })
  const waits = Array.from({ length: 200 }, () => Object(retryAfter(error)).askedMs)
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(2_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(2_500)
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(250)
})

test('a wait that makes no sense is bounded', () => {
  const error = refused({ code: 'unavailable', retry: 'same_key', retryAfterMs: 1e12 })
  expect(Object(retryAfter(error)).askedMs).toBeLessThanOrEqual(60_500)
})

test('a lost answer, and a refusal without a time, ask for no wait', () => {
  expect(retryAfter(new Error('no network'))).toBeUndefined()
  expect(retryAfter(refused({ code: 'forbidden', retry: 'ask_person' }))).toBeUndefined()
})
