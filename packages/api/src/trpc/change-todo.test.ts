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

test.for([v7(), '99', ''])('an update of %j, which does not exist, is not found', async (id) => {
  await using world = await createWorld()
  const refused = await world.mutate('updateTodo', { id, version: 1, title: 'x' })
  expect(refused).toMatchObject({ status: 404, refusal: { code: 'not_found', retry: 'never' } })
})

test('a version above the largest integer of the database is invalid input', async () => {
  await using world = await createWorld()
  const { id } = await withTodo(world)
  expect(await world.mutate('updateTodo', { id, version: 2_147_483_648 })).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths: ['version'] },
  })
})

test('with a key an update happens once, and a retry after later changes gets the first answer', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  const input = { id: todo.id, version: 1, title: 'Buy tea', idempotencyKey: 'u' }
  const first = await world.mutate('updateTodo', input)
  await world.mutate('updateTodo', { id: todo.id, version: 2, title: 'Buy rum' })
  expect((await world.mutate('updateTodo', input)).text).toBe(first.text)
  expect((await world.query('getTodo', { id: todo.id })).data).toMatchObject({
    title: 'Buy rum',
    version: 3,
  })
})

test('twenty concurrent updates of one version: one succeeds, nineteen are conflicts', async () => {
  await using world = await createWorld()
  const todo = await withTodo(world)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      world.mutate('updateTodo', { id: todo.id, version: 1, title: `title ${at}` }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ refusal }) => refusal?.code === 'version_conflict')).toHaveLength(19)
  expect((await world.query('getTodo', { id: todo.id })).data.version).toBe(2)
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
