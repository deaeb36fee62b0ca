import { expect, test } from 'vitest'
import { operations } from '../operations/operations.ts'
import type { TodoEntry } from '../sending/intent.ts'
import { createSubmissions } from '../sending/submissions.ts'
import { creating, needsPerson, settled, todo, updating } from '../test-entries.ts'
import { createHistory, type Offers } from './history.ts'

const row = { id: 'a', title: 'title a', completed: false }
const deleted = { key: 'deleteTodo a', intent: operations.deleteTodo.make(row, {}) }
const completed = {
  key: 'updateTodo a',
  intent: operations.updateTodo.make(row, { completed: true }),
}
const created = { key: 'createTodo a', intent: operations.createTodo.make(row, {}) }

test('an update is undone by the values of before, on the version that this browser made, and done again', async () => {
  const { tab, added } = world([settledBy('updateTodo a', 2)])
  await tab.record([completed])
  await tab.undo()
  expect(added).toMatchObject([
    { operation: 'updateTodo', completed: false, changes: ['completed'], undoes: 'updateTodo a' },
  ])
  expect(added[0]).toMatchObject({ version: 2, base: { completed: true } })
  await tab.redo()
  expect(added[1]).toMatchObject({ operation: 'updateTodo', completed: true })
})

test('a delete is undone by a restore of its tombstone, and done again by a delete of what that has left', async () => {
  const { tab, added } = world([settled('deleteTodo a', { id: 'a', tombstoneVersion: 5 })])
  await tab.record([deleted])
  await tab.undo()
  await tab.redo()
  expect(added).toMatchObject([
    { operation: 'restoreTodo', version: 5, undoes: 'deleteTodo a' },
    { operation: 'deleteTodo', undoes: expect.any(String) },
  ])
  expect(added[1]).not.toHaveProperty('version')
})

test('an add that never left is taken back, and added again with its id under another key', async () => {
  const { tab, added, keys, taken } = world([], creating('a'))
  await tab.record([created])
  await tab.undo()
  expect(taken).toEqual(['createTodo a'])
  await tab.redo()
  expect(added).toMatchObject([{ operation: 'createTodo', id: 'a', title: 'title a' }])
  expect(keys).not.toContain('createTodo a')
})

test('an add that was sent is undone by a delete behind it', async () => {
  const sent = { ...creating('a'), attempts: 1, isUnknown: true }
  const { tab, added } = world([], sent)
  await tab.record([created])
  await tab.undo()
  expect(added).toMatchObject([{ operation: 'deleteTodo', id: 'a', undoes: 'createTodo a' }])
})

test('a refused operation is undone by discarding it', async () => {
  const refused = updating('a', { completed: true }, needsPerson({ code: 'version_conflict' }))
  const { tab, added, discarded } = world([], refused)
  await tab.record([completed])
  await tab.undo()
  expect(added).toEqual([])
  expect(discarded).toEqual(['updateTodo a'])
})

test('a discarded create comes back before what was discarded with it, and their own steps follow them', async () => {
  const { tab, added, keys, offers } = world([])
  await tab.record([created])
  await tab.record([completed])
  await tab.record([
    { ...completed, isDiscarded: true },
    { ...created, isDiscarded: true },
  ])
  expect(offers().undo?.words).toBe('discard of “title a”')
  await tab.undo()
  expect(added.map(({ operation }) => operation)).toEqual(['createTodo', 'updateTodo'])
  await tab.undo()
  await tab.undo()
  expect(added[2]).toMatchObject({ operation: 'updateTodo', undoes: keys[1] })
  expect(added[3]).toMatchObject({ operation: 'deleteTodo', undoes: keys[0] })
})

test('a paste is one step, whose todos go last first', async () => {
  const { tab, offers, added } = world([])
  const [a, b] = ['a', 'b'].map((id) => operations.createTodo.make({ ...row, id }, {}))
  if (a && b)
    await tab.record([
      { key: 'a', intent: a },
      { key: 'b', intent: b },
    ])
  expect(offers().undo?.words).toBe('paste of 2 todos')
  await tab.undo()
  expect(added.map(({ id }) => id)).toEqual(['b', 'a'])
  expect(offers()).toMatchObject({ undo: undefined, redo: { words: 'paste of 2 todos' } })
})

test('the next undo has words, and something new leaves nothing to redo', async () => {
  const { tab, offers } = world([])
  await tab.record([deleted])
  expect(offers().undo).toMatchObject({ words: 'delete of “title a”', said: 'Deleted “title a”' })
  await tab.undo()
  expect(offers().redo?.words).toBe('delete of “title a”')
  await tab.record([completed])
  expect(offers()).toMatchObject({ undo: { words: 'completion of “title a”' }, redo: undefined })
})

test('after a reload the steps are there, with the versions that the outbox has forgotten', async () => {
  const before = world([settledBy('updateTodo a', 2)])
  await before.tab.record([completed])
  const after = world([], ...[])
  after.notes.set('undo', before.notes.get('undo'))
  await after.tab.refresh()
  await after.tab.undo()
  expect(after.added).toMatchObject([{ undoes: 'updateTodo a', version: 2 }])
})

test('two tabs undo a step once, and none that the other has made since', async () => {
  const { tab, added, open } = world([])
  await tab.record([deleted])
  const other = open()
  await other.refresh()
  await Promise.all([tab.undo(), other.undo()])
  expect(added).toHaveLength(1)
  await tab.record([deleted])
  await other.refresh()
  await tab.record([completed])
  await other.undo()
  expect(added).toHaveLength(1)
  await other.undo()
  expect(added[1]).toMatchObject({ undoes: 'updateTodo a' })
})

test('steps of another release are left out, and without a storage they last as long as the page', async () => {
  const { tab, added, notes, offers } = world([])
  const part = { key: 'x', intent: { ...deleted.intent, v: 2 } }
  notes.set('undo', { done: [{ id: 'x', words: 'x', parts: [part] }, 7], undone: 'x' })
  await tab.refresh()
  expect(offers().undo).toBeUndefined()
  notes.set = () => {
    throw new Error('The disk is full.')
  }
  await tab.record([deleted])
  await tab.undo()
  expect(added).toHaveLength(1)
})

function settledBy(id: string, version: number) {
  return settled(id, todo('a', version))
}

/** A history over an outbox with these answers and entries. */
function world(answers: ReturnType<typeof settled>[], ...entries: TodoEntry[]) {
  const added: TodoEntry['intent'][] = []
  const keys: string[] = []
  const discarded: string[] = []
  const taken: string[] = []
  const notes = new Map<string, unknown>()
  let offers: Offers = { undo: undefined, redo: undefined }
  const outbox = {
    getSnapshot: () => ({
      ...{ entries, outcomes: [], newer: [], settled: answers, ready: true, durable: true },
    }),
    subscribe: () => () => undefined,
    add({ key = '', intent }: { readonly key?: string; readonly intent: TodoEntry['intent'] }) {
      keys.push(key)
      added.push(intent)
      return { key, written: Promise.resolve(), answer: new Promise<never>(() => undefined) }
    },
    async discard(id: string) {
      discarded.push(id)
      return true
    },
    async takeBack(id: string) {
      const isUnsent = entries.some((entry) => entry.id === id && entry.attempts === 0)
      if (isUnsent) taken.push(id)
      return isUnsent
    },
    async changeNote(name: string, change: (value: unknown) => unknown) {
      notes.set(name, structuredClone(change(notes.get(name))))
    },
  }
  const open = () =>
    createHistory({ outbox, ...createSubmissions({ now: Date.now }) }, (next) => {
      offers = next
    })
  return { tab: open(), open, added, keys, discarded, taken, notes, offers: () => offers }
}
