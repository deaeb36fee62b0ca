import { expect, test } from 'vitest'
import { mutate } from './mutate.ts'

const file = 'packages/todos/src/a.ts'

test('each change replaces its text and nothing else', () => {
  const changes = [
    { from: 'milk', to: 'tea' },
    { from: 'two', to: '$& three' },
  ]
  expect(mutate({ name: 'm', file, changes }, 'one milk, two')).toBe('one tea, $& three')
})

test.each([
  ['is gone', 'tea', 0],
  ['is there twice', 'milk and milk', 2],
])('a text that %s is an error with the mutant and the file', (_, source, times) => {
  const mutant = { name: 'no-milk', file, changes: [{ from: 'milk', to: 'tea' }] }
  expect(() => mutate(mutant, source)).toThrow(
    `The mutant "no-milk" needs its text exactly once in ${file}, but found it ${times} times`,
  )
})
