import { expect, test } from 'vitest'
import type { TodoEntry, TodoOutcome, TodoSnapshot } from '../sending/intent.ts'
import {
  creating,
  deleting,
  discarding,
  needsPerson,
  outcome,
  todo,
  waiting,
} from '../test-entries.ts'
import { mergeOptimistic, type TodoList } from './merge-optimistic.ts'

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
    version: 1,
    entry: undefined,
    needsNewerPage: false,
  })
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
