import { expect, test } from 'vitest'
import { emptyText } from './empty-text.ts'

const asOf = new Date(2026, 10, 24, 10, 42).getTime()

test('"Nothing matches" is said without a reservation only of a current list', () => {
  expect(emptyText({ state: 'current' }, true)).toBe('Nothing matches')
  expect(emptyText({ state: 'unreachable', asOf }, true)).toBe(
    'Nothing matches in the list of 10:42.',
  )
  for (const list of [{ state: 'partial' }, { state: 'unreachable', asOf: undefined }] as const) {
    expect(emptyText(list, true)).not.toContain('Nothing matches')
  }
})

test('an empty list is called empty only as of the time when the server said so', () => {
  expect(emptyText({ state: 'current' }, false)).toBe('Nothing to do.')
  expect(emptyText({ state: 'unreachable', asOf }, false)).toBe('Your list was empty at 10:42.')
  expect(emptyText({ state: 'unreachable', asOf: undefined }, false)).toBe(
    'Your list cannot be shown until the server answers.',
  )
})
