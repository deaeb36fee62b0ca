import { expect, expectTypeOf, test } from 'vitest'
import { IdempotencyKey } from './idempotency-key.ts'
import { isTodo } from './is-todo.ts'
import { CreateTodoInput, DeleteTodoInput, ListTodosInput } from './operations.ts'
import { Refusal, RefusalCode, RefusalError } from './refusal.ts'
import { titleError } from './title-error.ts'
import { Title, Todo, TodoId } from './todo.ts'

const fits = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

test('a key is 1–255 visible ASCII characters without characters that a header would escape', () => {
  const visible = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at))
  const kept = visible.filter((character) => fits(IdempotencyKey, character))
  expect(visible.filter((character) => !kept.includes(character))).toEqual(['"', ',', '\\'])
  expect(fits(IdempotencyKey, 'k'.repeat(255))).toBe(true)
  for (const key of ['', 'k'.repeat(256), 'a b', 'a\n', 'a\r\nb', 'ä', '\x7f', 7, null]) {
    expect(fits(IdempotencyKey, key)).toBe(false)
  }
})

test('a key, a todo id and a plain string are different types', () => {
  expectTypeOf<IdempotencyKey>().not.toExtend<TodoId>()
  expectTypeOf<string>().not.toExtend<IdempotencyKey>()
})

test('a title is trimmed and has 1–500 code points', () => {
  expect(Title.parse('  Buy milk\n')).toBe('Buy milk')
  expect(fits(Title, '😀'.repeat(500))).toBe(true)
  expect(fits(Title, '😀'.repeat(501))).toBe(false)
  expect(fits(Title, ' \t\n')).toBe(false)
})

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

test.for(['Buy milk', '', '😀'.repeat(501), 'a\0b', '\ud800'])(
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
  const input = { idempotencyKey: 'k', title: 'x' }
  expect(fits(CreateTodoInput, input)).toBe(true)
  for (const name of ['owner', 'completed', 'constructor', '__proto__']) {
    const more = JSON.parse(`{"idempotencyKey":"k","title":"x","${name}":{}}`)
    expect(fits(CreateTodoInput, more)).toBe(false)
  }
  expect(fits(DeleteTodoInput, { id: 'x', version: 1, title: 'x' })).toBe(false)
})

test('the limit of a list is 50 by default and at most 100', () => {
  expect(ListTodosInput.parse({})).toEqual({ limit: 50, show: 'all' })
  expect(fits(ListTodosInput, { limit: 100 })).toBe(true)
  for (const limit of [0, 101, 1.5, '10']) expect(fits(ListTodosInput, { limit })).toBe(false)
})

test('every refusal code has retry advice and a sentence of its own', () => {
  const refusals = RefusalCode.options.map((code) => new RefusalError(code))
  for (const { refusal, message } of refusals) {
    expect(fits(Refusal, refusal)).toBe(true)
    expect(message).toMatch(/^[A-Z].*\.$/)
  }
  expect(new Set(refusals.map(({ message }) => message)).size).toBe(refusals.length)
})
