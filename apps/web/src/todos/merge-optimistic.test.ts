import { expect, test } from 'vitest'
import { mergeOptimistic } from './merge-optimistic.ts'
import { creating, deleting, needsPerson, outcome, todo } from './test-things.ts'

const list = (...ids: string[]) => ({ todos: ids.map((id) => todo(id)), askedAt: 100 })
const shown = (rows: ReturnType<typeof mergeOptimistic>) => rows.map(({ id }) => id)

test('what is on its way is over what the server last told: new rows are there, deleted ones are gone', () => {
  const rows = mergeOptimistic(list('a', 'b'), [], [creating('c'), deleting('a')])
  expect(shown(rows)).toEqual(['c', 'b'])
  expect(rows[0]?.entry).toBeDefined()
  expect(rows[1]).toEqual({ id: 'b', title: 'title b', version: 1, entry: undefined })
})

test('a todo that is on its way and in the list already is one row', () => {
  expect(shown(mergeOptimistic(list('a'), [], [creating('a')]))).toEqual(['a'])
})

test('a row keeps its place when its answer comes, in whatever order answers come', () => {
  const before = mergeOptimistic(list('a'), [], [creating('b'), creating('c'), creating('d')])
  const between = mergeOptimistic(
    list('a'),
    [outcome('c', todo('c'), 100)],
    [creating('b'), creating('d')],
  )
  expect(shown(before)).toEqual(['d', 'c', 'b', 'a'])
  expect(shown(between)).toEqual(shown(before))
})

test('an answer newer than the list is shown; the row does not go away until the list has it', () => {
  expect(shown(mergeOptimistic(list('a'), [outcome('b', todo('b'), 100)], []))).toEqual(['b', 'a'])
  expect(shown(mergeOptimistic(list('a'), [outcome('a', { id: 'a' }, 150)], []))).toEqual([])
})

test('a list asked for after an answer is believed, not the answer', () => {
  expect(shown(mergeOptimistic(list(), [outcome('b', todo('b'), 99)], []))).toEqual([])
  expect(shown(mergeOptimistic(list('a'), [outcome('a', { id: 'a' }, 99)], []))).toEqual(['a'])
})

test('an older version never covers a newer one', () => {
  const newer = { todos: [todo('a', 3)], askedAt: 100 }
  expect(mergeOptimistic(newer, [outcome('a', todo('a', 2), 200)], [])[0]?.version).toBe(3)
})

test('without a list, what this device knows is shown all the same', () => {
  expect(shown(mergeOptimistic(undefined, [outcome('a', todo('a'), 1)], [creating('b')]))).toEqual([
    'b',
    'a',
  ])
})

test('a refused create stays on the screen for a person, even if its delete waits behind it', () => {
  const rows = mergeOptimistic(list('a'), [], [creating('b', needsPerson()), deleting('b')])
  expect(rows[0]).toMatchObject({ id: 'b', entry: { status: { state: 'needs_person' } } })
})

test('a refused delete brings the row back, as it stands now', () => {
  const refusal = needsPerson({ code: 'version_conflict', current: todo('a', 4) })
  expect(mergeOptimistic(list('a'), [], [deleting('a', refusal)])).toMatchObject([
    { id: 'a', version: 4 },
  ])
})

test('the version of a row is unknown while an operation on it has no answer', () => {
  expect(mergeOptimistic(list(), [], [creating('a')])[0]?.version).toBeUndefined()
  expect(mergeOptimistic(list(), [outcome('a', todo('a'), 100)], [])[0]?.version).toBe(1)
})
