import { expect, test } from 'vitest'
import type { Row } from '../list/merge-optimistic.ts'
import { creating, needsPerson } from '../test-entries.ts'
import { createEdits } from './create-edits.ts'
import { type Edits, withEdited } from './edits.ts'

const row = (id: string, title = 'Buy milk'): Row => ({
  id,
  title,
  completed: false,
  version: 3,
  entry: undefined,
  needsNewerPage: false,
})
const editing = (...rows: Row[]): Edits =>
  new Map(rows.map((one) => [one.id, { row: one, text: one.title, takesFocus: true }]))
const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).join('')

test('a row that is edited stays at its place when it leaves the list', () => {
  const [a, b, c] = [row('a'), row('b'), row('c')]
  expect(ids(withEdited([c, a], [c, a], editing(b)))).toBe('cba')
  expect(ids(withEdited([], [], editing(b)))).toBe('b')
})

test('an edited row that is in the list is shown as the list has it', () => {
  const [now, next] = [row('b', 'now'), row('a')]
  const rows = [now, next]
  expect(withEdited(rows, rows, editing(row('b', 'before')))).toBe(rows)
  // Beyond the rows that are shown so far.
  expect(withEdited([], rows, editing(row('b', 'before')))).toEqual([now])
})

test('a text that is being typed survives a reload, with the version that the person saw', async () => {
  const { outbox, notes } = device()
  const before = createEdits(outbox)
  before.open(row('a'))
  before.open(row('b', 'Buy tea'))
  type(before, 'a', 'Buy mil')
  const after = createEdits(outbox)
  await after.restore()
  expect(after.getSnapshot().get('a')).toEqual({
    row: row('a'),
    text: 'Buy mil',
    takesFocus: false,
  })
  after.close('a')
  after.close('b')
  expect(notes.size).toBe(0)
})

test('a text typed before the restored one arrives is kept', async () => {
  const { outbox } = device()
  const before = createEdits(outbox)
  before.open(row('a'))
  type(before, 'a', 'old')
  const after = createEdits(outbox)
  const restored = after.restore()
  after.open(row('a'))
  type(after, 'a', 'new')
  await restored
  expect(after.getSnapshot().get('a')?.text).toBe('new')
})

test.each([[undefined], ['text'], [[null, 7, { id: 'a' }]], [[{ ...row('a'), text: 7 }]]])(
  'a stored text of another shape (%j) is left out',
  async (note) => {
    const edits = createEdits({ readNote: async () => note, writeNote: async () => undefined })
    await edits.restore()
    expect(edits.getSnapshot().size).toBe(0)
  },
)

test('a storage that fails leaves the text in its field', async () => {
  const fail = async () => Promise.reject(new Error('full'))
  const edits = createEdits({ readNote: fail, writeNote: fail })
  await edits.restore()
  edits.open(row('a'))
  type(edits, 'a', 'mine')
  expect(edits.getSnapshot().get('a')?.text).toBe('mine')
})

test('a title that could not be stored is given back, unless its row is edited again', () => {
  const edits = createEdits(device().outbox)
  edits.giveBack(row('a'), 'mine')
  expect(edits.getSnapshot().get('a')).toMatchObject({ text: 'mine', takesFocus: false })
  edits.giveBack(row('a'), 'later')
  expect(edits.getSnapshot().get('a')?.text).toBe('mine')
})

test('an edit of a refused change begins with the text that the person wrote', () => {
  const edits = createEdits(device().outbox)
  edits.open({ ...row('a', 'theirs'), entry: creating('a', needsPerson()) })
  expect(edits.getSnapshot().get('a')?.text).toBe('title a')
})

function type(edits: ReturnType<typeof createEdits>, id: string, text: string): void {
  const edit = edits.getSnapshot().get(id)
  if (edit === undefined) throw new Error(`Expected an edit of ${id}.`)
  edits.typed(edit, text)
}

function device() {
  const notes = new Map<string, unknown>()
  const outbox = {
    readNote: async (name: string) => notes.get(name),
    async writeNote(name: string, value: unknown) {
      if (value === undefined) notes.delete(name)
      else notes.set(name, structuredClone(value))
    },
  }
  return { notes, outbox }
}
