import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld, type World } from '../test-world.ts'

async function withTodo(world: World) {
  const { data } = await world.mutate('createTodo', { idempotencyKey: v7(), title: 'Buy milk' })
  return data
}

test('an update changes the members it names and raises the version by one', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  const { data } = await world.mutate('updateTodo', { id: todo.id, version: 1, completed: true })
  expect(data).toMatchObject({ id: todo.id, title: 'Buy milk', completed: true, version: 2 })
  expect((await world.query('getTodo', { id: todo.id })).data).toEqual(data)
  const renamed = await world.mutate('updateTodo', { id: todo.id, version: 2, title: ' Buy tea ' })
  expect(renamed.data).toMatchObject({ title: 'Buy tea', completed: true, version: 3 })
})

test('an update from another version is refused with the current todo, and overwrites nothing', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  await world.mutate('updateTodo', { id: todo.id, version: 1, title: 'Buy tea' })
  const refused = await world.mutate('updateTodo', { id: todo.id, version: 1, title: 'Buy rum' })
  expect(refused).toMatchObject({
    status: 409,
    refusal: {
      code: 'version_conflict',
      retry: 'ask_person',
      current: { title: 'Buy tea', version: 2 },
    },
  })
})

test('a version above the largest integer of the database is invalid input', async () => {
  await using world = await createWorld()
  const { id } = await withTodo(world)
  expect(await world.mutate('updateTodo', { id, version: 2_147_483_648 })).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths: ['version'] },
  })
})

test('a restored todo is unchanged except for a higher version, and can be deleted again', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  await world.mutate('deleteTodo', { id: todo.id })
  const { data } = await world.mutate('restoreTodo', { id: todo.id })
  expect(data).toMatchObject({ ...todo, version: 3, updatedAt: expect.any(String) })
  expect((await world.query('listTodos')).data.todos).toEqual([data])
  expect(await world.mutate('deleteTodo', { id: todo.id, version: 3 })).toMatchObject({
    status: 200,
  })
})

test('restoring an existing todo returns it', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  expect((await world.mutate('restoreTodo', { id: todo.id })).data).toEqual(todo)
  expect((await world.mutate('restoreTodo', { id: todo.id, version: 7 })).data).toEqual(todo)
})

test('a tombstone of another version than the given one stays unchanged', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  await world.mutate('deleteTodo', { id: todo.id })
  expect(await world.mutate('restoreTodo', { id: todo.id, version: 1 })).toMatchObject({
    status: 409,
    refusal: { code: 'version_conflict', current: { id: todo.id, version: 2 } },
  })
  expect((await world.query('listTodos')).data.todos).toEqual([])
})

test.for([v7(), '99'])('restoring %s, which never existed, is not found', async (id) => {
  await using world = await createWorld()
  expect(await world.mutate('restoreTodo', { id })).toMatchObject({ status: 404 })
})

test('a stored refusal is replayed though its reason no longer exists', async () => {
  await using world = await createWorld()
  const id = v7()
  const input = { id, idempotencyKey: 'r' }
  const refused = await world.mutate('restoreTodo', input)
  await world.mutate('createTodo', { idempotencyKey: 'c', title: 'Buy milk', id })
  expect((await world.mutate('restoreTodo', input)).text).toBe(refused.text)
  expect(await world.mutate('restoreTodo', { id })).toMatchObject({ status: 200 })
})
