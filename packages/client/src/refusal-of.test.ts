import { expect, test } from 'vitest'
import { refusalOf } from './refusal-of.ts'

const refusal = { code: 'version_conflict', retry: 'ask_person' } as const
const todo = {
  id: 'x',
  title: 'Buy milk',
  completed: false,
  version: 2,
  createdAt: '2026-11-24T10:00:00.000Z',
  updatedAt: '2026-11-24T10:00:00.000Z',
}
const received = (members: object) => refusalOf({ data: { refusal: members } })

test('a refusal is read from any error of its shape, independent of the copy of tRPC', () => {
  const another = Object.assign(new Error('Declined.'), { data: { code: 'CONFLICT', refusal } })
  expect(refusalOf(another)).toMatchObject(refusal)
  expect(received({ ...refusal, current: todo })?.current).toEqual(todo)
})

test('the todo in a refusal of a newer server keeps its additional members', () => {
  const current = { ...todo, colour: 'green' }
  expect(received({ ...refusal, current, since: 3 })).toMatchObject({ ...refusal, current })
})

test.each(['same_key', 'new_key', 'never', 'ask_person'] as const)(
  'an unknown code of a newer server keeps the retry advice %s',
  (retry) => {
    expect(received({ code: 'quota_exceeded', retry, retryAfterMs: 2_000 })).toEqual({
      code: 'quota_exceeded',
      retry,
      retryAfterMs: 2_000,
    })
  },
)

test.each([
  { current: { id: 'x' } },
  { retryAfterMs: 'soon' },
  { deleted: 'yes' },
  { paths: 'title' },
  { serverTime: 'noon' },
  { correlationId: 7 },
])('an unreadable member is dropped and the advice is kept: %o', (member) => {
  expect(received({ ...refusal, ...member })).toEqual(refusal)
})

test.each([
  undefined,
  null,
  'refused',
  new Error('fetch failed'),
  { data: undefined },
  { data: { code: 'CONFLICT' } },
  { data: { refusal: { code: 'version_conflict' } } },
  { data: { refusal: { code: 'version_conflict', retry: 'no such advice' } } },
  { data: { refusal: { code: 'version_conflict', retry: 'toString' } } },
  { data: { refusal: { code: 7, retry: 'never' } } },
])('any other error is not a refusal: %o', (error) => {
  expect(refusalOf(error)).toBeUndefined()
})
