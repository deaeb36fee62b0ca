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

test('is read from any error of that shape, whichever copy of tRPC made it', () => {
  const another = Object.assign(new Error('Declined.'), { data: { code: 'CONFLICT', refusal } })
  expect(refusalOf(another)).toMatchObject(refusal)
  expect(refusalOf({ data: { refusal: { ...refusal, current: todo } } })?.current).toEqual(todo)
})

test('of a newer server is still heard: what it adds to a todo does not hide the advice', () => {
  const current = { ...todo, colour: 'green' }
  expect(refusalOf({ data: { refusal: { ...refusal, current, since: 3 } } })).toMatchObject(refusal)
})

test.each([
  undefined,
  null,
  'refused',
  new Error('fetch failed'),
  { data: undefined },
  { data: { code: 'CONFLICT' } },
  { data: { refusal: { code: 'version_conflict' } } },
  { data: { refusal: { code: 'no such code', retry: 'never' } } },
])('anything else is no refusal, but unknown: %o', (error) => {
  expect(refusalOf(error)).toBeUndefined()
})
