import { expect, test } from 'vitest'
import { deleting, needsPerson, outcome, todo, updating } from '../test-entries.ts'
import { testOutbox } from '../test-outbox.ts'
import { type KnownVersions, learnVersions, type Undoable, undo } from './undoable.ts'

const row = { id: 'a', title: 'Buy milk', completed: false }
const completed: Undoable = { key: 'updateTodo a', words: '', row, back: { completed: false } }
const removed: Undoable = { key: 'deleteTodo a', words: '', row, back: undefined }

test('an update is undone by the values of before, on the version that this browser made', async () => {
  const { todos, added } = testOutbox()
  await undo(todos, completed, known(todo('a', 2), todo('b', 9)))
  expect(added).toMatchObject([
    { operation: 'updateTodo', id: 'a', completed: false, changes: ['completed'], version: 2 },
  ])
})

test('a delete is undone by a restore of its tombstone', async () => {
  const { todos, added } = testOutbox()
  await undo(todos, removed, known({ id: 'a', tombstoneVersion: 5 }, todo('b', 9)))
  expect(added).toMatchObject([{ operation: 'restoreTodo', id: 'a', version: 5 }])
})

test('an operation without an answer is undone behind it, and no version is predicted', async () => {
  const { todos, added } = testOutbox(deleting('a'), deleting('b'))
  await undo(todos, removed, known(todo('a', 1)))
  expect(added).toMatchObject([{ operation: 'restoreTodo', id: 'a' }])
  expect(added[0]).not.toHaveProperty('version')
})

test('a refused operation is undone by discarding it', async () => {
  const refused = updating('a', { completed: true }, needsPerson({ code: 'version_conflict' }))
  const { todos, added, discarded } = testOutbox(refused)
  await undo(todos, completed, known())
  expect(added).toEqual([])
  expect(discarded).toEqual(['updateTodo a'])
})

test('a deletion of an unknown version replaces the version that was known', () => {
  const versions = known(todo('a', 3))
  learnVersions(versions, [outcome('a', { id: 'a' }, 1)])
  expect(versions.get('a')).toBeUndefined()
})

function known(...answers: Parameters<typeof outcome>[1][]): KnownVersions {
  const versions: KnownVersions = new Map()
  learnVersions(
    versions,
    answers.map((answer) => outcome(answer.id, answer, 1)),
  )
  return versions
}
