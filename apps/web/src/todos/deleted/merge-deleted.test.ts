import { expect, test } from 'vitest'
import { creating, deleting, discarding, restoring, settled, todo } from '../test-entries.ts'
import { mergeDeleted } from './merge-deleted.ts'

const nothing = { settled: [], entries: [] }

test('the deleted todos are those of the server and of this device, less those that are restored', () => {
  const list = { todos: [todo('a', 3), todo('b', 2)], askedAt: 0 }
  expect(mergeDeleted(list, nothing)).toMatchObject([{ id: 'a', version: 3 }, { id: 'b' }])
  const entries = [restoring('a'), creating('c'), deleting('c'), discarding(deleting('d'))]
  const deleted = mergeDeleted(list, { ...nothing, entries })
  // Its delete has no answer yet, so its restore is sent behind it.
  expect(deleted).toMatchObject([{ id: 'c', undoes: 'deleteTodo c' }, { id: 'b' }])
})

test('an answered delete of this device is restored on its tombstone', () => {
  const { intent } = deleting('a')
  const answered = { ...settled('deleteTodo a', { id: 'a', tombstoneVersion: 5 }), intent }
  expect(mergeDeleted(undefined, { ...nothing, settled: [answered] })).toMatchObject([
    { id: 'a', version: 5, undoes: 'deleteTodo a' },
  ])
})
