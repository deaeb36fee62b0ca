import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createTodoBatch } from './create-todo-batch.ts'

const now = new Date('2026-01-01T12:00:00.000Z')

test('an id in upper case has the same identity, row and answer as in lower case', () => {
  const id = v7()
  const draft = { owner: 'ann', title: 'milk', key: 'k' }
  const small = createTodoBatch.prepare({ ...draft, id }, now)
  const capital = createTodoBatch.prepare({ ...draft, id: id.toUpperCase() }, now)
  expect(capital).toEqual(small)
  expect(capital.identity).toBe(`ann ${id}`)
})

test('an id minted by the server is not part of the identity of an attempt', () => {
  const prepared = createTodoBatch.prepare({ owner: 'ann', title: 'milk', key: 'k' }, now)
  expect(prepared.identity).toBeUndefined()
  expect(prepared.row.chosen).toBe(false)
})
