import { expect, test } from 'vitest'
import { mergeOptimistic, type ReadTodos, type Row } from '../list/merge-optimistic.ts'
import type { TodoEntry, TodoOutcome } from '../sending/intent.ts'
import {
  creating,
  discarding,
  needsPerson,
  outcome,
  restoring,
  todo,
  updating,
  waiting,
} from '../test-entries.ts'
import { testOutbox } from '../test-outbox.ts'
import { createChangeAgain } from './change-again.ts'
import { discardAll, isEditable } from './row-changes.ts'

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

test('an undo behind a refused change stays one, of the change that is sent again', async () => {
  const undoing = (undoes: string, id: string): TodoEntry => {
    const entry = updating('a', { title: 'before' })
    return { ...entry, id, intent: { ...entry.intent, undoes, version: 2 } as TodoEntry['intent'] }
  }
  const { todos, added } = testOutbox(
    updating('a', { title: 'mine' }, conflict),
    undoing('updateTodo a', 'undo of it'),
    undoing('an earlier one', 'undo of another'),
  )
  const keys: (string | undefined)[] = []
  const outbox = {
    ...todos.outbox,
    add(submission: Parameters<typeof todos.outbox.add>[0]) {
      keys.push(submission.key)
      return todos.outbox.add(submission)
    },
  }
  await createChangeAgain({ ...todos, outbox })(rowWith(...todos.outbox.getSnapshot().entries))
  expect(added).toMatchObject([{ version: 4 }, { undoes: keys[0] }, { undoes: 'an earlier one' }])
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

test('a completion of a todo that the server has lost becomes a new todo, which is completed', async () => {
  const question = { kind: 'restored' } as const
  const entry = updating('a', { completed: true }, { state: 'needs_person', question })
  const { todos, added } = testOutbox(entry)
  const changeAgain = createChangeAgain(todos)
  const row = rowOf(new Map([['a', null]]), entry)
  await Promise.all([changeAgain(row), changeAgain(row)])
  const [create, update] = added
  expect(added).toHaveLength(2)
  expect(create).toMatchObject({ operation: 'createTodo', title: 'title a' })
  expect(update).toMatchObject({ operation: 'updateTodo', id: create?.id, completed: true })
})

test('a restore is sent again with what the row shows, and a title that is written beside it follows', async () => {
  const { added } = await again(restoring('a', conflict), 'corrected')
  expect(added).toMatchObject([
    { operation: 'restoreTodo', title: 'theirs', completed: false, version: 4 },
    { operation: 'updateTodo', title: 'corrected', changes: ['title'] },
  ])
  expect(added[1]).not.toHaveProperty('version')
})

test('a decision that is made again before its change is seen creates one todo', async () => {
  const entry = updating('a', { title: 'mine' }, needsPerson({ code: 'not_found' }))
  const { todos, added } = testOutbox(entry)
  const changeAgain = createChangeAgain(todos)
  await Promise.all([changeAgain(rowWith(entry)), changeAgain(rowWith(entry))])
  // Its discard is stored, and the page has not seen it.
  await changeAgain(rowWith(entry))
  expect(added).toMatchObject([{ operation: 'createTodo', title: 'mine' }])
})

test('a change sent again is not sent a third time while it waits behind the refused one', async () => {
  const refused = updating('a', { title: 'mine' }, conflict)
  const world = testOutbox(refused)
  const entries = [refused]
  const changeAgain = createChangeAgain({
    ...world.todos,
    outbox: {
      ...world.todos.outbox,
      getSnapshot: () => ({ ...world.todos.outbox.getSnapshot(), entries }),
      add(submission) {
        const { key = '' } = submission
        entries.push({ ...updating('a', { title: 'mine' }), id: key, key })
        return world.todos.outbox.add(submission)
      },
    },
  })
  await Promise.all([changeAgain(rowWith(refused)), changeAgain(rowWith(refused))])
  expect(world.added).toMatchObject([{ title: 'mine', version: 4 }])
  expect(new Set(world.discarded)).toEqual(new Set(['updateTodo a']))
})

test('another decision about the same change is another intent', async () => {
  const entry = updating('a', { title: 'mine' }, needsPerson({ code: 'not_found' }))
  const { todos, added } = testOutbox(entry)
  const changeAgain = createChangeAgain(todos)
  await changeAgain(rowWith(entry))
  await changeAgain(rowWith(entry), 'corrected')
  expect(added).toMatchObject([{ title: 'mine' }, { title: 'corrected' }])
})

test('a title written beside a refused change that another tab has ended is kept', async () => {
  const ended = async (entry: TodoEntry, outcomes: TodoOutcome[] = []) => {
    const { todos, added } = testOutbox()
    const snapshot = { ...todos.outbox.getSnapshot(), outcomes }
    const outbox = { ...todos.outbox, getSnapshot: () => snapshot }
    const changeAgain = createChangeAgain({ ...todos, outbox })
    await changeAgain(rowWith(entry), 'corrected')
    // Only a person who wrote a text has decided something.
    await changeAgain(rowWith(entry))
    return added
  }
  expect(await ended(updating('a', { title: 'mine' }, conflict))).toMatchObject([
    { operation: 'updateTodo', id: 'a', title: 'corrected', changes: ['title'], version: 4 },
  ])
  expect(
    await ended(updating('a', { title: 'mine' }, needsPerson({ code: 'not_found' }))),
  ).toMatchObject([{ operation: 'createTodo', title: 'corrected' }])
  const create = creating('a', needsPerson({ code: 'invalid_input' }))
  expect(await ended(create)).toMatchObject([{ operation: 'createTodo', title: 'corrected' }])
  const [update] = await ended(create, [outcome('a', todo('a'), 1)])
  expect(update).toMatchObject({ operation: 'updateTodo', id: 'a', title: 'corrected' })
  expect(update).not.toHaveProperty('version')
})

test('entries are discarded last first, so that none of them is sent in between', async () => {
  const { todos, discarded } = testOutbox(creating('a'), updating('a', {}), creating('b'))
  await discardAll(todos, 'a')
  expect(discarded).toEqual(['updateTodo a', 'createTodo a'])
})

const asked = (kind: 'restored') =>
  creating('a', { state: 'needs_person', question: { kind } } as const)

test.each<[string, TodoEntry, boolean]>([
  ['waits', creating('a', waiting('no_answer')), true],
  ['was refused', creating('a', needsPerson()), true],
  ['met a conflict', updating('a', {}, needsPerson({ code: 'version_conflict' })), true],
  ['is being discarded', discarding(creating('a')), false],
  [
    'has an expired key',
    creating('a', needsPerson({ code: 'key_expired', retry: 'new_key' })),
    false,
  ],
  ['was sent to a server that was restored', asked('restored'), false],
])(
  'a row whose entry %s is editable, unless a correction could be a second todo',
  (_, entry, is) => {
    expect(isEditable(rowWith(entry))).toBe(is)
  },
)

/** A row with these entries is changed again, perhaps with another title. */
async function again(...parameters: (TodoEntry | string)[]) {
  const entries = parameters.filter((one) => typeof one !== 'string')
  const title = parameters.find((one) => typeof one === 'string')
  const world = testOutbox(...entries)
  await createChangeAgain(world.todos)(rowWith(...entries), title)
  return world
}

function rowWith(...entries: TodoEntry[]): Row {
  return rowOf(new Map(), ...entries)
}

function rowOf(read: ReadTodos, ...entries: TodoEntry[]): Row {
  const [row] = mergeOptimistic(undefined, { entries, outcomes: [], newer: [] }, read)
  if (row === undefined) throw new Error('Expected a row.')
  return row
}
