import { expect, test } from 'vitest'
import { refusalOf } from './refusal-of.ts'

const errorWith = (members: object) => Object.assign(new Error('Refused.'), members)
const message = 'Refused.'

test.each([400, 404, 409, 410, 412, 413, 415, 422])('%i is not sent again', (status) => {
  expect(refusalOf(errorWith({ status }))).toEqual({ retry: 'never', message })
  for (const error of [{ data: { httpStatus: status } }, { meta: { response: { status } } }]) {
    expect(refusalOf(errorWith(error))).toEqual({ retry: 'never', message })
  }
})

test.each([400, 403, 404, 413])(
  'after an attempt without an answer %i is no refusal, and one of the server is',
  (status) => {
    const isUnknown = true
    expect(refusalOf(errorWith({ status }), { isUnknown })).toBeUndefined()
    expect(refusalOf(errorWith({ data: { httpStatus: status } }), { isUnknown })).toBeUndefined()
    const idem = { code: 'key_reused', retry: 'never' }
    expect(refusalOf(errorWith({ data: { idem } }), { isUnknown })).toEqual({ ...idem, message })
  },
)

test('403 asks a person', () => {
  expect(refusalOf(errorWith({ status: 403 }))).toEqual({ retry: 'ask_person', message })
})

test.each([undefined, 0, 200, 401, 408, 425, 429, 500, 502, 503])('%s is no refusal', (status) => {
  expect(refusalOf(errorWith({ status }))).toBeUndefined()
})

test('the advice of the server comes before the status', () => {
  const idem = { code: 'in_flight', retry: 'same_key', retryAfterMs: 7 }
  expect(refusalOf(errorWith({ data: { httpStatus: 409, idem } }))).toEqual({ ...idem, message })
  const refusal = { code: 'key_expired', retry: 'new_key' }
  expect(refusalOf(errorWith({ status: 412, refusal }))).toEqual({ ...refusal, message })
})

test.each([undefined, null, 'no', 400, new Error('A bug.'), new TypeError('Failed to fetch')])(
  'there is no refusal in %s',
  (error) => {
    expect(refusalOf(error)).toBeUndefined()
  },
)
