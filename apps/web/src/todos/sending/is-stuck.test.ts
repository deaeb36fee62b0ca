import { expect, test } from 'vitest'
import { creating, waiting } from '../test-entries.ts'
import { isStuck } from './is-stuck.ts'

test('an entry that the server fails at three times is stuck', () => {
  const failing = waiting({ code: 'unexpected' })
  expect(isStuck(creating('a', { ...failing, attempts: 2 }))).toBe(false)
  expect(isStuck(creating('a', { ...failing, attempts: 3 }))).toBe(true)
})

test('a refused entry that a person sends again is not stuck', () => {
  const { lastError } = waiting({ code: 'invalid_input', retry: 'never' })
  expect(isStuck(creating('a', { state: 'sending', attempts: 3, lastError }))).toBe(false)
})
