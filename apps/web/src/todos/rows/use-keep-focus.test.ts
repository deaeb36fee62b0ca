import { expect, test } from 'vitest'
import { rowAfter } from './use-keep-focus.ts'

const rows = (ids: string) => [...ids].map((id) => ({ id }))

test.each([
  ['the row itself while it is shown', 'b', 'abc', 'abc', 'b'],
  ['the next row after a delete', 'b', 'abc', 'ac', 'c'],
  ['the row before, when the last one is deleted', 'c', 'abc', 'ab', 'b'],
  ['the next row that is still shown', 'b', 'abcd', 'ad', 'd'],
  ['no row of an empty list', 'a', 'a', '', undefined],
] as const)('focus moves to %s', (_, id, before, now, next) => {
  expect(rowAfter(id, rows(before), rows(now))).toBe(next)
})
