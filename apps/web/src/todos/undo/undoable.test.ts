import { expect, test } from 'vitest'
import { operations } from '../operations/operations.ts'
import { learnVersions } from '../sending/own-versions.ts'
import { deleting, needsPerson, settled, todo, updating } from '../test-entries.ts'
import { testOutbox } from '../test-outbox.ts'
import { undo } from './undoable.ts'

const row = { id: 'a', title: 'Buy milk', completed: false }
const completed = {
  key: 'updateTodo a',
  intent: operations.updateTodo.make(row, { completed: true }),
}
const removed = { key: 'deleteTodo a', intent: operations.deleteTodo.make(row, {}) }

test('an update is undone by the values of before, on the version that this browser made', async () => {
  const { todos, added } = testOutbox()
  await undo(todos, completed, own(['updateTodo a', todo('a', 2)], ['else', todo('b', 3)]))
  expect(added).toMatchObject([
    {
      ...{ operation: 'updateTodo', id: 'a', completed: false, changes: ['completed'] },
      ...{ undoes: 'updateTodo a', version: 2 },
    },
  ])
})

test('an undo behind later changes of this browser names the last of them', async () => {
  const { todos, added } = testOutbox()
  await undo(todos, completed, own(['updateTodo a', todo('a', 2)], ['later', todo('a', 3)]))
  expect(added).toMatchObject([{ version: 3 }])
})

test('an undo names no version behind one of another device', async () => {
  const { todos, added } = testOutbox()
  await undo(todos, completed, own(['updateTodo a', todo('a', 2)], ['later', todo('a', 4)]))
  expect(added).toMatchObject([{ version: 2 }])
})

test('a delete is undone by a restore of its tombstone', async () => {
  const { todos, added } = testOutbox()
  await undo(todos, removed, own(['deleteTodo a', { id: 'a', tombstoneVersion: 5 }]))
  expect(added).toMatchObject([
    { operation: 'restoreTodo', id: 'a', version: 5, undoes: 'deleteTodo a' },
  ])
})

test('an operation without an answer is undone behind it, and no version is predicted', async () => {
  const { todos, added } = testOutbox(deleting('a'), deleting('b'))
  await undo(todos, removed, own(['createTodo a', todo('a', 1)]))
  expect(added).toMatchObject([{ operation: 'restoreTodo', id: 'a', undoes: 'deleteTodo a' }])
  expect(added[0]).not.toHaveProperty('version')
})

test('a refused operation is undone by discarding it', async () => {
  const refused = updating('a', { completed: true }, needsPerson({ code: 'version_conflict' }))
  const { todos, added, discarded } = testOutbox(refused)
  await undo(todos, completed, own())
  expect(added).toEqual([])
  expect(discarded).toEqual(['updateTodo a'])
})

function own(...answered: Parameters<typeof settled>[]) {
  return learnVersions(
    new Map(),
    answered.map((one) => settled(...one)),
  )
}
