import { expect, test } from 'vitest'
import type { TodoEntry, TodoOutcome, TodoSnapshot } from '../sending/intent.ts'
import {
  creating,
  deleting,
  discarding,
  needsPerson,
  outcome,
  restoring,
  todo,
  updating,
  waiting,
} from '../test-entries.ts'
import { isSameRow, mergeOptimistic, type ReadTodos, type TodoList } from './merge-optimistic.ts'

const merge = (
  server: TodoList | undefined,
  outcomes: TodoOutcome[],
  entries: TodoEntry[],
  newer: TodoSnapshot['newer'] = [],
) => mergeOptimistic(server, { outcomes, entries, newer })
const list = (...ids: string[]) => ({ todos: ids.map((id) => todo(id)), askedAt: 100 })
const shown = (rows: ReturnType<typeof mergeOptimistic>) => rows.map(({ id }) => id)

test('pending operations override the last list of the server: new rows appear, deleted rows disappear', () => {
  const rows = merge(list('a', 'b'), [], [creating('c'), deleting('a')])
  expect(shown(rows)).toEqual(['c', 'b'])
  expect(rows[0]?.entry).toBeDefined()
  expect(rows[1]).toEqual({
    id: 'b',
    title: 'title b',
    completed: false,
    version: 1,
    entry: undefined,
    needsNewerPage: false,
  })
})

test('beside a decision the row shows the todo that was read for it, and says when there is none', () => {
  const asked = updating('a', { title: 'mine' }, needsPerson({ code: 'key_expired' }))
  const rowFor = (read: ReadTodos, server?: TodoList) =>
    mergeOptimistic(server, { outcomes: [], entries: [asked], newer: [] }, read)[0]
  expect(rowFor(new Map([['a', todo('a', 4)]]))).toMatchObject({ title: 'title a', version: 4 })
  expect(rowFor(new Map([['a', null]]))).toMatchObject({ title: 'mine', isMissing: true })
  expect(rowFor(new Map())).not.toHaveProperty('isMissing')
  // The list has it: another device has restored it since it was read.
  expect(rowFor(new Map([['a', null]]), list('a'))).not.toHaveProperty('isMissing')
})

test('a todo that is both pending and in the list is one row', () => {
  expect(shown(merge(list('a'), [], [creating('a')]))).toEqual(['a'])
})

test('a row keeps its place when its answer arrives, in any order of answers', () => {
  const before = merge(list('a'), [], [creating('b'), creating('c'), creating('d')])
  const between = merge(list('a'), [outcome('c', todo('c'), 100)], [creating('b'), creating('d')])
  expect(shown(before)).toEqual(['d', 'c', 'b', 'a'])
  expect(shown(between)).toEqual(shown(before))
})

test('an answer newer than the list is shown until the list contains it', () => {
  expect(shown(merge(list('a'), [outcome('b', todo('b'), 100)], []))).toEqual(['b', 'a'])
  expect(shown(merge(list('a'), [outcome('a', { id: 'a' }, 150)], []))).toEqual([])
})

test('a list requested after an answer overrides the answer', () => {
  expect(shown(merge(list(), [outcome('b', todo('b'), 99)], []))).toEqual([])
  expect(shown(merge(list('a'), [outcome('a', { id: 'a' }, 99)], []))).toEqual(['a'])
})

test('an older version never covers a newer one', () => {
  const newer = { todos: [todo('a', 3)], askedAt: 100 }
  expect(merge(newer, [outcome('a', todo('a', 2), 200)], [])[0]?.version).toBe(3)
})

test('without a list, the todos that this device knows are shown', () => {
  expect(shown(merge(undefined, [outcome('a', todo('a'), 1)], [creating('b')]))).toEqual(['b', 'a'])
})

test('a refused create stays visible for a decision, even with its delete queued behind it', () => {
  const rows = merge(list('a'), [], [creating('b', needsPerson()), deleting('b')])
  expect(rows[0]).toMatchObject({ id: 'b', entry: { status: { state: 'needs_person' } } })
})

test('a refused delete restores the row in its current state', () => {
  const refusal = needsPerson({ code: 'version_conflict', current: todo('a', 4) })
  expect(merge(list('a'), [], [deleting('a', refusal)])).toMatchObject([{ id: 'a', version: 4 }])
})

test('the version of a row is unknown while an operation on it has no answer', () => {
  expect(merge(list(), [], [creating('a')])[0]?.version).toBeUndefined()
  expect(merge(list(), [outcome('a', todo('a'), 100)], [])[0]?.version).toBe(1)
})

test('a row changed by a newer release of the page is marked and keeps its known state', () => {
  const newer = [{ isNewer: true, seq: 1, id: 'update', orderingKey: 'a' }] as const
  expect(merge(list('a', 'b'), [], [], [...newer])).toMatchObject([
    { id: 'b', needsNewerPage: false },
    { id: 'a', title: 'title a', needsNewerPage: true },
  ])
})

test('an entry being discarded is shown until the server reports its outcome', () => {
  const rows = merge(list('a'), [], [discarding(creating('b')), discarding(deleting('a'))])
  expect(shown(rows)).toEqual(['b', 'a'])
  expect(rows.map(({ entry }) => entry?.isDiscarding)).toEqual([true, true])
})

test('a delete that keeps failing on the server is shown, so that a person can discard it', () => {
  const failing = (attempts: number) =>
    deleting('a', { ...waiting({ code: 'unexpected' }), attempts })
  expect(shown(merge(list('a'), [], [failing(2)]))).toEqual([])
  expect(shown(merge(list('a'), [], [failing(3)]))).toEqual(['a'])
})

test('a pending update changes only its own members, and a later one adds to it', () => {
  const entries = [updating('a', { title: 'new' }), updating('a', { completed: true })]
  expect(merge(list('a', 'b'), [], entries)).toMatchObject([
    { id: 'b', title: 'title b', completed: false },
    { id: 'a', title: 'new', completed: true, version: undefined, entry: entries[0] },
  ])
})

test('an update is shown on a todo that was created here and not answered yet', () => {
  const entries = [creating('a', waiting('no_answer')), updating('a', { title: 'new' })]
  const [row] = merge(list(), [], entries)
  expect(row).toMatchObject({ title: 'new', completed: false, entry: entries[0] })
})

test('an updated todo that the list does not contain is shown as the person saw it', () => {
  expect(merge(list(), [], [updating('a', { completed: true })])).toMatchObject([
    { id: 'a', title: 'title a', completed: true },
  ])
})

test('a restore behind a delete brings the row back at its place', () => {
  const entries = [deleting('b', waiting('no_answer')), restoring('b')]
  const rows = merge(list('a', 'b', 'c'), [], entries)
  expect(shown(rows)).toEqual(['c', 'b', 'a'])
  // It waits for its delete, so the row shows the state of that.
  expect(rows[1]).toMatchObject({ title: 'title b', completed: true, entry: entries[0] })
})

test('beside a refused update the row shows the todo of the server and its version', () => {
  const current = { ...todo('a', 4), title: 'theirs' }
  const refused = needsPerson({ code: 'version_conflict', current })
  const mine = updating('a', { title: 'mine' }, refused)
  const rows = merge(list('a'), [], [mine, updating('a', { completed: true })])
  expect(rows).toMatchObject([{ title: 'theirs', completed: false, version: 4, entry: mine }])
})

test('a refused update of a todo that was deleted elsewhere keeps its text on the screen', () => {
  const mine = updating('a', { title: 'mine' }, needsPerson({ code: 'not_found' }))
  expect(merge(list(), [], [mine])).toMatchObject([{ title: 'mine', entry: mine }])
})

test('a discarded update is not shown as if it had happened, and the next one is', () => {
  const discarded = discarding(updating('a', { title: 'old' }))
  expect(merge(list('a'), [], [discarded])).toMatchObject([{ title: 'title a', entry: discarded }])
  const next = updating('a', { title: 'new' })
  expect(merge(list('a'), [], [discarded, next])).toMatchObject([{ title: 'new', entry: next }])
})

test('an unchanged row of a later list counts as the same, and a changed one does not', () => {
  const [before] = merge(list('a'), [], [])
  const rowOf = (entries: TodoEntry[], version = 1) =>
    merge({ todos: [todo('a', version)], askedAt: 200 }, [], entries)[0]
  const isSame = (row: typeof before) => before && row && isSameRow(before, row)
  expect(isSame(rowOf([]))).toBe(true)
  expect(isSame(rowOf([], 2))).toBe(false)
  expect(isSame(rowOf([updating('a', { completed: true })]))).toBe(false)
})
