import { expect, test } from 'vitest'
import { againAfter } from './again-after.ts'
import { receivedRefusal } from './refusal-of.ts'

test.each([200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 412, 422, 501])(
  'the status %i is an answer',
  (status) => {
    expect(againAfter({ status })).toBeUndefined()
  },
)

test.each([408, 425, 429, 502, 503, 504, 520, 524, 530])('the status %i is no answer', (status) => {
  expect(againAfter({ status, retryAfterMs: 7 })).toEqual({ isFailure: false, retryAfterMs: 7 })
})

test.each([400, 403, 404, 409, 413])(
  'after an attempt without an answer the status %i is a failure',
  (status) => {
    expect(againAfter({ status, isUnknown: true })).toEqual({ isFailure: true })
  },
)

test('the status 500 is a failure', () => {
  expect(againAfter({ status: 500 })).toEqual({ isFailure: true })
})

test.each([
  [{ retry: 'same_key', retryAfterMs: 5 }, 5],
  [{ retry: 'same_key' }, undefined],
])('the refusal %j is no answer, whatever the status', (refusal, retryAfterMs) => {
  for (const status of [409, 500, 503]) {
    const again = againAfter({ status, data: { refusal } })
    expect(again?.isFailure).toBeUndefined()
    expect(again?.retryAfterMs).toBe(retryAfterMs)
  }
})

test.each(['new_key', 'never', 'ask_person'])('the refusal "%s" is an answer', (retry) => {
  for (const status of [409, 500, 503]) {
    expect(againAfter({ status, data: { idem: { retry } } })).toBeUndefined()
  }
})

test.each([
  [{ idem: { code: 'in_flight', retry: 'same_key', retryAfterMs: 9 } }, 9],
  [{ refusal: { code: 'in_flight', retry: 'same_key', retryAfterMs: 9 } }, 9],
])('a refusal is found in %j', (data, retryAfterMs) => {
  expect(receivedRefusal(data)).toEqual({ code: 'in_flight', retry: 'same_key', retryAfterMs })
})

test.each([
  undefined,
  null,
  'same_key',
  409,
  { code: 'CONFLICT', httpStatus: 409 },
  { idem: null },
  { idem: 'same_key' },
  { refusal: { retry: true } },
])('no refusal is found in %j', (data) => {
  expect(receivedRefusal(data)).toBeUndefined()
})
