import { expect, test } from 'vitest'
import { needsPerson, todo, updating } from '../test-entries.ts'
import { mergeOptimistic } from './merge-optimistic.ts'
import {
  everything,
  type Filter,
  filterFromUrl,
  filterRows,
  filterToUrl,
  withNewTodo,
} from './todo-filter.ts'

test.each<[Filter, string]>([
  [everything, ''],
  [{ show: 'open', search: '' }, '?show=open'],
  [{ show: 'all', search: 'a&b=c d' }, '?q=a%26b%3Dc+d'],
  [{ show: 'done', search: 'é%' }, '?show=done&q=%C3%A9%25'],
])('a filter (%j) is in the URL and is read from it', (filter, url) => {
  expect(filterToUrl(filter)).toBe(url)
  expect(filterFromUrl(url)).toEqual(filter)
})

test('an unknown filter in a URL shows everything', () => {
  expect(filterFromUrl('?show=toString&other=1')).toEqual(everything)
})

const todos = [
  { ...todo('c'), title: 'Buy Milk' },
  { ...todo('b'), title: 'Buy tea', completed: true },
  { ...todo('a'), title: '50% off' },
]
const found = (filter: Partial<Filter>, entries: Parameters<typeof rowsOf>[0] = []) =>
  filterRows(rowsOf(entries), { ...everything, ...filter }).map(({ id }) => id)
const rowsOf = (entries: ReturnType<typeof updating>[]) =>
  mergeOptimistic({ todos, askedAt: 1 }, { entries, outcomes: [], newer: [] })

test('the filters open and done include pending completions', () => {
  expect(found({ show: 'open' })).toEqual(['c', 'a'])
  expect(found({ show: 'done' })).toEqual(['b'])
  expect(found({ show: 'done' }, [updating('c', { completed: true })])).toEqual(['c', 'b'])
})

test('a search finds a literal part of a title, whatever its case', () => {
  expect(found({ search: ' mILK ' })).toEqual(['c'])
  expect(found({ search: '%' })).toEqual(['a'])
  expect(found({ search: 'buy', show: 'done' })).toEqual(['b'])
})

test('a row that needs a decision is shown with every filter', () => {
  const refused = updating('c', { title: 'mine' }, needsPerson({ code: 'version_conflict' }))
  expect(found({ search: 'nothing like it', show: 'done' }, [refused])).toEqual(['c'])
})

test('a new todo is seen with the filter that follows it', () => {
  expect(withNewTodo({ show: 'done', search: 'x' })).toEqual(everything)
  expect(withNewTodo({ show: 'open', search: '' })).toEqual({ show: 'open', search: '' })
})
