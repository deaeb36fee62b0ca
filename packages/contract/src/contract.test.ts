import { expect, test } from 'vitest'
import { isTodo } from './is-todo.ts'
import { ListTodosInput, mutations } from './operations.ts'
import { titleError } from './title-error.ts'
import { Title, Todo, TodoId } from './todo.ts'

const CreateTodoInput = mutations.createTodo.input
const DeleteTodoInput = mutations.deleteTodo.input

const fits = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

test('a title is trimmed and has 1–500 code points', () => {
  expect(Title.parse('  Buy milk\n')).toBe('Buy milk')
  expect(fits(Title, '😀'.repeat(500))).toBe(true)
  expect(fits(Title, '😀'.repeat(501))).toBe(false)
  expect(fits(Title, ' \t\n')).toBe(false)
})

test.for([
  ['a zero-width space', '\u200b'],
  ['a mark of direction and a byte order mark', '\u200f\ufeff'],
  ['a soft hyphen between spaces', ' \u00ad '],
  ['control characters', '\x01\x7f'],
  ['a Hangul filler', '\u3164'],
  ['a variation selector', '\ufe0f'],
  ['an empty Braille pattern', '\u2800'],
] as const)('a title of nothing but %s is not visible, and refused', ([, title]) => {
  expect(fits(Title, title)).toBe(false)
  expect(Title.parse(`${title}x`)).toContain('x')
})

test.for(['👩‍💻', '❤️', '‏مرحبا', 'a\u200bb', 'é', '-', '漢'])(
  'the title %s has a visible character and is kept',
  (title) => {
    expect(Title.parse(title)).toBe(title)
  },
)

test.for(['<script>alert(1)</script>', "'; drop table todo; --", '=1+1', 'مرحبا', 'Z̸̀ä̶́'])(
  'the title %s is kept unchanged',
  (title) => {
    expect(Title.parse(title)).toBe(title)
  },
)

test.for(['a\0b', '\ud800', 'x\udc00y'])(
  'a title that PostgreSQL cannot store is rejected: %j',
  (title) => {
    expect(fits(Title, title)).toBe(false)
  },
)

test.for(['Buy milk', '', '\u200b', '😀'.repeat(501), 'a\0b', '\ud800'])(
  'the page has an error for a title exactly when the schema rejects it: %j',
  (title) => {
    expect(titleError(title) === undefined).toBe(fits(Title, title))
  },
)

test('the guard of a page and the schema accept the same members of a todo', () => {
  const at = '2026-11-24T10:00:00.000Z'
  const todo = { id: 'x', title: 'x', completed: true, version: 1, createdAt: at, updatedAt: at }
  expect(isTodo(todo) && fits(Todo, todo)).toBe(true)
  for (const name of Object.keys(Todo.shape)) {
    for (const other of [undefined, null, {}])
      expect(isTodo({ ...todo, [name]: other })).toBe(false)
  }
  for (const other of [null, undefined, 'x', []]) expect(isTodo(other)).toBe(false)
  expect(isTodo({ ...todo, colour: 'green' })).toBe(true)
})

test('createTodo accepts only a UUIDv7 as id, in either case', () => {
  expect(TodoId.parse('01890A5D-AC96-774B-BCCE-B302099A8057')).toBe(
    '01890a5d-ac96-774b-bcce-b302099a8057',
  )
  for (const id of [
    '99',
    '1b4e28ba-2fa1-4d3b-8f0e-1c2d3e4f5a6b',
    '01890a5dac96774bbcceb302099a8057',
  ]) {
    expect(fits(TodoId, id)).toBe(false)
  }
})

test('other operations accept any well-formed string as id', () => {
  for (const id of ['99', '', '../x', '🥛', 'a\0b'])
    expect(fits(DeleteTodoInput, { id })).toBe(true)
  for (const id of ['\ud800', 'x\udc00y']) expect(fits(DeleteTodoInput, { id })).toBe(false)
})

test('an unknown member of any name is refused', () => {
  const input = { title: 'x' }
  expect(fits(CreateTodoInput, input)).toBe(true)
  for (const name of ['owner', 'completed', 'idempotencyKey', 'constructor', '__proto__']) {
    const more = JSON.parse(`{"title":"x","${name}":{}}`)
    expect(fits(CreateTodoInput, more)).toBe(false)
  }
  expect(fits(DeleteTodoInput, { id: 'x', version: 1, title: 'x' })).toBe(false)
})

test('the limit of a list is 50 by default and at most 100', () => {
  expect(ListTodosInput.parse({})).toEqual({ limit: 50, show: 'all' })
  expect(fits(ListTodosInput, { limit: 100 })).toBe(true)
  for (const limit of [0, 101, 1.5, '10']) expect(fits(ListTodosInput, { limit })).toBe(false)
})
