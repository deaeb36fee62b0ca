import { expect, test } from 'vitest'
import { mergeOptimistic } from '../list/merge-optimistic.ts'
import type { TodoEntry } from '../sending/intent.ts'
import { creating, needsPerson, todo, updating } from '../test-entries.ts'
import { testOutbox } from '../test-outbox.ts'
import { changeAgain, discardAll } from './row-changes.ts'

const conflict = needsPerson({
  code: 'version_conflict',
  current: { ...todo('a', 4), title: 'theirs' },
})

test('keeping mine sends the refused change again on the version that is shown', async () => {
  const { added, discarded } = await again(updating('a', { title: 'mine' }, conflict))
  expect(added).toMatchObject([
    { operation: 'updateTodo', id: 'a', title: 'mine', changes: ['title'], version: 4 },
  ])
  expect(discarded).toEqual(['updateTodo a'])
})

test('changes that wait behind a refused one follow it, each on the answer of the one before', async () => {
  const { added, discarded } = await again(
    updating('a', { title: 'mine' }, conflict),
    updating('a', { completed: true }),
  )
  expect(added).toMatchObject([{ version: 4 }, { changes: ['completed'], completed: true }])
  expect(added[1]).not.toHaveProperty('version')
  expect(discarded).toHaveLength(2)
})

test('a refused change with a corrected title keeps its other members', async () => {
  const { added } = await again(updating('a', { completed: true }, conflict), 'corrected')
  expect(added).toMatchObject([{ changes: ['title', 'completed'], title: 'corrected', version: 4 }])
})

test('a refused create is sent again as a new todo, and the changes behind it follow', async () => {
  const refused = creating('a', needsPerson({ code: 'invalid_input' }))
  const { added } = await again(refused, updating('a', { completed: true }), 'corrected')
  const [create, update] = added
  expect(create).toMatchObject({ operation: 'createTodo', title: 'corrected' })
  expect(create?.id).not.toBe('a')
  expect(update).toMatchObject({ operation: 'updateTodo', id: create?.id, completed: true })
})

test('a change of a todo that was deleted elsewhere becomes a new todo', async () => {
  const { added } = await again(
    updating('a', { title: 'mine' }, needsPerson({ code: 'not_found' })),
  )
  expect(added).toMatchObject([{ operation: 'createTodo', title: 'mine' }])
})

test('entries are discarded last first, so that none of them is sent in between', async () => {
  const { todos, discarded } = testOutbox(creating('a'), updating('a', {}), creating('b'))
  await discardAll(todos, 'a')
  expect(discarded).toEqual(['updateTodo a', 'createTodo a'])
})

/** A row with these entries is changed again, perhaps with another title. */
async function again(...parameters: (TodoEntry | string)[]) {
  const entries = parameters.filter((one) => typeof one !== 'string')
  const title = parameters.find((one) => typeof one === 'string')
  const world = testOutbox(...entries)
  const [row] = mergeOptimistic(undefined, { entries, outcomes: [], newer: [] })
  if (row === undefined) throw new Error('Expected a row.')
  await changeAgain(world.todos, row, title)
  return world
}
