import { expect, test } from 'vitest'
import type { Row } from '../../list/merge-optimistic.ts'
import { createOrder } from './create-order.ts'

const row = (id: string, completed = false): Row => ({
  ...{ id, title: id, completed, version: 1 },
  ...{ entry: undefined, needsNewerPage: false },
})
const ids = ({ open, done }: ReturnType<ReturnType<typeof createOrder>>) =>
  [open, done].map((rows) => rows.map(({ id }) => id).join(''))

test('open todos come first, and one that is ticked stays in its place while the list is in use', () => {
  const order = createOrder()
  expect(ids(order([row('c', true), row('b'), row('a')], 'free'))).toEqual(['ba', 'c'])
  expect(ids(order([row('c', true), row('b', true), row('a')], 'held'))).toEqual(['ba', 'c'])
  expect(ids(order([row('d'), row('c'), row('b', true), row('a')], 'held'))).toEqual(['dba', 'c'])
  expect(ids(order([row('d'), row('c'), row('b', true), row('a')], 'free'))).toEqual(['dca', 'b'])
})
