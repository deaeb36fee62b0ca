import { expect, test } from 'vitest'
import type { TodoSettled } from '../sending/intent.ts'
import { settled, todo } from '../test-entries.ts'
import { testTransport } from '../test-transport.ts'
import type { Answer } from './operation.ts'
import { type Intent, operations } from './operations.ts'

const row = { id: 'a', title: 'title a', completed: false }
const remove = operations.deleteTodo.make(row, {})
const restore = operations.restoreTodo.make(row, {})
const update = operations.updateTodo.make(row, { completed: true })
const unreachable = () => {
  throw new Error('Freezing asks nobody.')
}
const transport = testTransport(unreachable)
const deleted = { id: 'a', tombstoneVersion: 5 }
const freeze = (intent: Intent, predecessor?: Answer, settled: TodoSettled[] = []) =>
  transport.freeze(intent, predecessor, settled)
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

test('a delete behind a delete names its tombstone, and an update behind it is refused', () => {
  expect(freeze(remove, deleted)).toEqual(frozen({ version: 5 }))
  expect(freeze(update, deleted)).toMatchObject(refused('not_found'))
})

test('behind an operation that was merged with a change of another device, a change of another member follows, and one that would replace it asks', () => {
  const merged = { ...todo('a', 7), title: 'theirs' }
  expect(freeze(update, merged)).toEqual(frozen({ completed: true, version: 7 }))
  const renamed = operations.updateTodo.make(row, { title: 'mine' })
  const asking = { ...refused('version_conflict'), refusal: { current: merged } }
  expect(freeze(renamed, merged)).toMatchObject(asking)
  expect(freeze(remove, merged)).toMatchObject(asking)
  expect(freeze({ ...renamed, version: 3 }, merged)).toMatchObject(frozen({ version: 3 }))
})

test('an update sends only what it changes', () => {
  const renamed = operations.updateTodo.make(row, { title: 'Buy oat milk' })
  expect(freeze(renamed, todo('a'))).toEqual(frozen({ title: 'Buy oat milk', version: 1 }))
})

const undo = { ...update, undoes: 'first' }

test('an undo names the version of its operation, or the last of the versions that follow it here', () => {
  const first = settled('first', todo('a', 2))
  expect(freeze(undo, todo('a', 2), [first])).toEqual(frozen({ completed: true, version: 2 }))
  const more = [first, settled('second', todo('a', 3)), settled('elsewhere', todo('b', 4))]
  expect(freeze(undo, todo('a', 3), more)).toEqual(frozen({ completed: true, version: 3 }))
})

test('an undo does not name a version behind one of another device', () => {
  const known = [settled('first', todo('a', 2)), settled('third', todo('a', 4))]
  expect(freeze(undo, todo('a', 4), known)).toEqual(frozen({ completed: true, version: 2 }))
  // Known at the click already, and gone from the history since.
  expect(freeze({ ...undo, version: 2 }, todo('a', 4), known.slice(1))).toEqual(
    frozen({ completed: true, version: 2 }),
  )
})

test('a restore that undoes no deletion of this browser may have found another version, which an undo does not name', () => {
  const known = [settled('first', todo('a', 2)), settled('restore', todo('a', 3))]
  const restoring = (undoes?: string) =>
    known.map((one) =>
      one.id === 'restore' ? { ...one, intent: { ...restore, ...(undoes && { undoes }) } } : one,
    )
  expect(freeze(undo, todo('a', 3), restoring())).toEqual(frozen({ completed: true, version: 2 }))
  expect(freeze(undo, todo('a', 3), restoring('remove'))).toEqual(
    frozen({ completed: true, version: 3 }),
  )
})

test('an undo of a deletion names the tombstone, and that of a restore behind it the restored version', () => {
  const known = [settled('remove', deleted), settled('restore', todo('a', 6))]
  const undoing = { ...restore, undoes: 'remove' } as const
  expect(freeze(undoing, deleted, known.slice(0, 1))).toEqual(frozen({ version: 5 }))
  expect(freeze({ ...undo, undoes: 'restore' }, todo('a', 6), known)).toEqual(
    frozen({ completed: true, version: 6 }),
  )
})

test('an undo of an operation without a known answer asks the person', () => {
  expect(freeze(undo, todo('a', 2), [])).toMatchObject(refused('version_missing'))
  expect(freeze({ ...restore, undoes: 'first' }, todo('a', 2))).toMatchObject(
    refused('version_missing'),
  )
})
