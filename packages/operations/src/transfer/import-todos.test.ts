import { TodoExport } from '@idem/contract/todo-export'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { callOf, createWorld, type World } from '../test-world.ts'
import { exportOf } from './export-todos.ts'
import { type ImportSettings, importTodos } from './import-todos.ts'

const signal = new AbortController().signal

type Made = { readonly title: string; readonly id?: string; readonly completed?: true }

async function make({ operations }: World, owner: string, { completed, ...todo }: Made) {
  const call = callOf('createTodo', todo, v7())
  const { id } = (await operations.createTodo({ owner }, call)).value
  const change = callOf('updateTodo', { id, version: 1, completed: true }, v7())
  if (completed) await operations.updateTodo({ owner }, change)
  return id
}

async function exported({ operations }: World, owner: string): Promise<string> {
  const parts: string[] = []
  for await (const part of exportOf({ operations, owner, madeAt: new Date() })) parts.push(part)
  return parts.join('')
}

/** Imports the text for bob. */
function importInto(world: World, text: string, settings: Partial<ImportSettings> = {}) {
  const { todos } = TodoExport.parse(JSON.parse(text))
  return importTodos({ ...world, todos, owner: 'bob', fileHash: text, signal, ...settings })
}

const rowsOf = async ({ pool }: World, owner: string) =>
  (await pool.query('select * from todo where owner_id = $1 order by id', [owner])).rows

test('an export has every todo but the deleted ones, and importing it twice adds nothing', async () => {
  await using world = await createWorld()
  for (let n = 1; n <= 120; n += 1) await make(world, 'ann', { title: `Todo ${n} \u2028 "🥛"` })
  await make(world, 'ann', { title: 'Done', completed: true })
  const gone = await make(world, 'ann', { title: 'Gone' })
  await world.operations.deleteTodo({ owner: 'ann' }, callOf('deleteTodo', { id: gone }, v7()))
  const text = await exported(world, 'ann')
  expect(JSON.parse(text)).toMatchObject({
    format: 'idem-export 1',
    madeAt: expect.any(String),
    deletedTodos: 'not included',
  })

  expect(await importInto(world, text)).toEqual({ added: 121, present: 0 })
  const shown = async (owner: string) =>
    (await rowsOf(world, owner)).flatMap(({ id, title, completed, deleted_at }) =>
      deleted_at === null ? [{ id, title, completed }] : [],
    )
  expect(await shown('bob')).toEqual(await shown('ann'))

  const before = await rowsOf(world, 'bob')
  expect(await importInto(world, text)).toEqual({ added: 0, present: 121 })
  await world.pool.query('delete from idem.idempotency_record')
  expect(await importInto(world, text)).toEqual({ added: 0, present: 121 })
  expect(await rowsOf(world, 'bob')).toEqual(before)
})

test('an import leaves a todo alone whose id exists, changed or deleted', async () => {
  await using world = await createWorld()
  const ids = [v7(), v7(), v7()] as const
  for (const id of ids) await make(world, 'ann', { id, title: 'Buy milk', completed: true })
  const text = await exported(world, 'ann')
  await make(world, 'bob', { id: ids[0], title: 'Buy milk' })
  await make(world, 'bob', { id: ids[1], title: 'Buy milk' })
  const deletion = callOf('deleteTodo', { id: ids[1] }, v7())
  await world.operations.deleteTodo({ owner: 'bob' }, deletion)
  const before = await rowsOf(world, 'bob')

  expect(await importInto(world, text)).toEqual({ added: 1, present: 2 })
  expect((await rowsOf(world, 'bob')).slice(0, 2)).toEqual(before)
})

test('an import that was cut off is continued by the next one', async () => {
  await using world = await createWorld()
  const id = await make(world, 'ann', { title: 'Done', completed: true })
  const text = await exported(world, 'ann')
  const failing = {
    ...world.operations,
    updateTodo: () => Promise.reject(new Error('The connection is gone.')),
  }
  await expect(importInto(world, text, { operations: failing })).rejects.toThrow('gone')
  expect(await rowsOf(world, 'bob')).toMatchObject([{ id, completed: false }])
  expect(await importInto(world, text)).toEqual({ added: 0, present: 1 })
  expect(await rowsOf(world, 'bob')).toMatchObject([{ id, completed: true }])
})
