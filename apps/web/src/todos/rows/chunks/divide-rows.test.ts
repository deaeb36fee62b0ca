import { expect, test } from 'vitest'
import type { Row } from '../../list/merge-optimistic.ts'
import { createDivision } from './divide-rows.ts'

/** Newest first. */
const rows = (...numbers: number[]) => numbers.map(row)
const range = (newest: number, oldest: number) =>
  Array.from({ length: newest - oldest + 1 }, (_, at) => row(newest - at))

test('the chunks are the rows in their order, at most 25 in each', () => {
  const all = range(120, 1)
  const chunks = createDivision()(all)
  expect(chunks.flatMap((chunk) => chunk.rows)).toEqual(all)
  expect(chunks.map((chunk) => chunk.rows.length)).toEqual([20, 25, 25, 25, 25])
})

test('a new, a removed and a restored row leave the others in their chunks', () => {
  const divide = createDivision()
  const before = chunkOfEach(divide(range(120, 1)))
  const added = chunkOfEach(divide(range(121, 1)))
  expect(added).toMatchObject(before)
  const { 50: removed, ...others } = added
  expect(chunkOfEach(divide(range(121, 1).filter(({ id }) => id !== '50')))).toEqual(others)
  expect(chunkOfEach(divide(range(121, 1)))).toEqual({ ...others, 50: removed })
})

test('older rows, which are shown later, have chunks of their own', () => {
  const divide = createDivision()
  const before = chunkOfEach(divide(range(200, 101)))
  const after = divide(range(200, 1))
  expect(chunkOfEach(after)).toMatchObject(before)
  expect(after).toHaveLength(8)
})

test('every chunk has another key, also when late rows divide one', () => {
  const divide = createDivision()
  divide(rows(9, 7, 5, 3, 1))
  divide(range(300, 1).filter(({ id }) => Number(id) > 9))
  const chunks = divide(range(300, 1))
  expect(chunks.flatMap((chunk) => chunk.rows)).toEqual(range(300, 1))
  expect(new Set(chunks.map(({ key }) => key)).size).toBe(chunks.length)
})

function chunkOfEach(chunks: ReturnType<ReturnType<typeof createDivision>>) {
  return Object.fromEntries(chunks.flatMap(({ key, rows }) => rows.map(({ id }) => [id, key])))
}

function row(number: number): Row {
  return {
    id: `${number}`,
    title: `Todo ${number}`,
    completed: false,
    version: 1,
    entry: undefined,
    needsNewerPage: false,
  }
}
