import { expect, test } from 'vitest'
import { fingerprintOf } from './json.ts'

test('the order of members does not matter, at any depth', () => {
  expect(fingerprintOf('make', { a: 1, b: { c: 2, d: 3 } })).toBe(
    fingerprintOf('make', { b: { d: 3, c: 2 }, a: 1 }),
  )
})

test.for([
  ['a changed character', { title: 'Buy Milk' }],
  ['a space at the end, for the input is compared as it arrived', { title: 'Buy milk ' }],
  ['another type', { title: ['Buy milk'] }],
  ['one more member, even with the default value', { title: 'Buy milk', completed: false }],
])('%s is another input', ([, input]) => {
  expect(fingerprintOf('make', input)).not.toBe(fingerprintOf('make', { title: 'Buy milk' }))
})

test('the same input to another operation is another intent', () => {
  expect(fingerprintOf('make', { id: '1' })).not.toBe(fingerprintOf('unmake', { id: '1' }))
})

test('the form is fixed: records of the previous release must still match', () => {
  expect(fingerprintOf('make', { title: 'Buy milk', id: null })).toBe(
    '356fa555c8b924e150bfbe2e725a4b9c4dc0d6ddda5b3aa4be28310685d5e9dc',
  )
})
