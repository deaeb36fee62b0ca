import { expect, test } from 'vitest'
import { todo } from '../test-entries.ts'
import { freeze } from './freeze.ts'
import type { Intent } from './intent.ts'

const row = { id: 'a', title: 'Buy milk', completed: true }
const remove: Intent = { operation: 'deleteTodo', id: 'a', title: 'Buy milk' }
const restore: Intent = { operation: 'restoreTodo', ...row }
const update: Intent = { operation: 'updateTodo', ...row, changes: ['completed'] }
const deleted = { id: 'a', tombstoneVersion: 5 }
const frozen = (body: object) => ({ state: 'frozen', body: { id: 'a', ...body } })
const refused = (code: string) => ({ state: 'refused', refusal: { code } })

test.each([
  [remove, {}],
  [update, { completed: true }],
  [restore, {}],
] as const)('the version of $operation is the one that was seen', (intent, body) => {
  expect(freeze({ ...intent, version: 3 }, todo('a', 1))).toEqual(frozen({ ...body, version: 3 }))
})

test('without a seen version an operation takes that of the previous answer', () => {
  expect(freeze(remove, todo('a', 7))).toEqual(frozen({ version: 7 }))
  expect(freeze(update, todo('a', 7))).toEqual(frozen({ completed: true, version: 7 }))
  expect(freeze(restore, deleted)).toEqual(frozen({ version: 5 }))
})

test.each([remove, update, restore])(
  'without a seen version and an answer, $operation asks the person and guesses none',
  (intent) => {
    expect(freeze(intent, undefined)).toMatchObject(refused('version_missing'))
  },
)

test('a restore of a deletion whose version is unknown asks the person', () => {
  expect(freeze(restore, { id: 'a' })).toMatchObject(refused('version_missing'))
})

test('a restore of a todo that was not deleted after all changes nothing', () => {
  expect(freeze(restore, todo('a', 7))).toEqual(frozen({ version: 7 }))
})

test('a delete behind a delete names no version, and an update behind it is refused', () => {
  expect(freeze(remove, deleted)).toEqual(frozen({}))
  expect(freeze(update, deleted)).toMatchObject(refused('not_found'))
})

test('an update sends only what it changes', () => {
  const intent = { ...update, changes: ['title'] } as const
  expect(freeze({ ...intent, changes: [...intent.changes] }, todo('a'))).toEqual(
    frozen({ title: 'Buy milk', version: 1 }),
  )
})
