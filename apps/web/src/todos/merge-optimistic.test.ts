import { expect, test } from 'vitest'
import type { TodoEntry, TodoOutcome, TodoSnapshot } from './intent.ts'
import { mergeOptimistic, type TodoList } from './merge-optimistic.ts'
import {
  creating,
  deleting,
  discarding,
  needsPerson,
  outcome,
  todo,
  waiting,
} from './test-things.ts'

const merge = (
  server: TodoList | undefined,
  outcomes: TodoOutcome[],
  entries: TodoEntry[],
  newer: TodoSnapshot['newer'] = [],
) => mergeOptimistic(server, { outcomes, entries, newer })
const list = (...ids: string[]) => ({ todos: ids.map((id) => todo(id)), askedAt: 100 })
const shown = (rows: ReturnType<typeof mergeOptimistic>) => rows.map(({ id }) => id)

test('what is on its way is over what the server last returned: new rows are there, deleted ones are gone', () => {
  const rows = merge(list('a', 'b'), [], [creating('c'), deleting('a')])
  expect(shown(rows)).toEqual(['c', 'b'])
  expect(rows[0]?.entry).toBeDefined()
  expect(rows[1]).toEqual({
    id: 'b',
    title: 'title b',
    version: 1,
    entry: undefined,
    needsNewerPage: false,
  })
})

test('a todo that is on its way and in the list already is one row', () => {
  expect(shown(merge(list('a'), [], [creating('a')]))).toEqual(['a'])
})

test('a row keeps its place when its answer comes, in whatever order answers come', () => {
  const before = merge(list('a'), [], [creating('b'), creating('c'), creating('d')])
  const between = merge(list('a'), [outcome('c', todo('c'), 100)], [creating('b'), creating('d')])
  expect(shown(before)).toEqual(['d', 'c', 'b', 'a'])
  expect(shown(between)).toEqual(shown(before))
})

test('an answer newer than the list is shown; the row does not go away until the list has it', () => {
  expect(shown(merge(list('a'), [outcome('b', todo('b'), 100)], []))).toEqual(['b', 'a'])
  expect(shown(merge(list('a'), [outcome('a', { id: 'a' }, 150)], []))).toEqual([])
})

test('a list asked for after an answer is believed, not the answer', () => {
  expect(shown(merge(list(), [outcome('b', todo('b'), 99)], []))).toEqual([])
  expect(shown(merge(list('a'), [outcome('a', { id: 'a' }, 99)], []))).toEqual(['a'])
})

test('an older version never covers a newer one', () => {
  const newer = { todos: [todo('a', 3)], askedAt: 100 }
  expect(merge(newer, [outcome('a', todo('a', 2), 200)], [])[0]?.version).toBe(3)
})

test('without a list, what this device knows is shown all the same', () => {
  expect(shown(merge(undefined, [outcome('a', todo('a'), 1)], [creating('b')]))).toEqual(['b', 'a'])
})

test('a refused create stays on the screen for a person, even if its delete waits behind it', () => {
  const rows = merge(list('a'), [], [creating('b', needsPerson()), deleting('b')])
  expect(rows[0]).toMatchObject({ id: 'b', entry: { status: { state: 'needs_person' } } })
})

test('a refused delete brings the row back, as it stands now', () => {
  const refusal = needsPerson({ code: 'version_conflict', current: todo('a', 4) })
  expect(merge(list('a'), [], [deleting('a', refusal)])).toMatchObject([{ id: 'a', version: 4 }])
})

test('the version of a row is unknown while an operation on it has no answer', () => {
  expect(merge(list(), [], [creating('a')])[0]?.version).toBeUndefined()
  expect(merge(list(), [outcome('a', todo('a'), 100)], [])[0]?.version).toBe(1)
})

test('a row whose next release of the page changed it says so, and keeps what this one knows', () => {
  const newer = [{ isNewer: true, seq: 1, id: 'update', orderingKey: 'a' }] as const
  expect(merge(list('a', 'b'), [], [], [...newer])).toMatchObject([
    { id: 'b', needsNewerPage: false },
    { id: 'a', title: 'title a', needsNewerPage: true },
  ])
})

test('what is being discarded is shown until the server has said what became of it', () => {
  const rows = merge(list('a'), [], [discarding(creating('b')), discarding(deleting('a'))])
  expect(shown(rows)).toEqual(['b', 'a'])
  expect(rows.map(({ entry }) => entry?.isDiscarding)).toEqual([true, true])
})

test('a delete at which the server fails again and again is shown, so that a person may give it up', () => {
  const failing = (attempts: number) =>
    deleting('a', { ...waiting({ code: 'unexpected' }), attempts })
  expect(shown(merge(list('a'), [], [failing(2)]))).toEqual([])
  expect(shown(merge(list('a'), [], [failing(3)]))).toEqual(['a'])
})
