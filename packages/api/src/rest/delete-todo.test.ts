import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createRestWorld, type RestWorld } from './test-rest-world.ts'

async function withTodo(world: RestWorld) {
  const { body } = await world.call('/todos', { method: 'POST', body: { title: 'Buy milk' } })
  return { todo: body, path: `/todos/${body.id}` }
}

test('every delete succeeds, and the todo is gone', async () => {
  await using world = await createRestWorld()
  const { path } = await withTodo(world)
  for (const _ of [1, 2]) {
    expect(await world.call(path, { method: 'DELETE' })).toMatchObject({ status: 204, text: '' })
  }
  expect(await world.call(path)).toMatchObject({ status: 404, refusal: { code: 'not_found' } })
  expect((await world.call('/todos')).body).toEqual({ todos: [], nextCursor: null })
})

test.for(['99', v7(), 'a%2Fb', '%F0%9F%94%91', "'%3B%20drop%20table%20todo"])(
  'deleting %s, which never existed, succeeds however often',
  async (id) => {
    await using world = await createRestWorld()
    for (const _ of [1, 2]) {
      expect(await world.call(`/todos/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 })
      expect(await world.call(`/todos/${id}`)).toMatchObject({ status: 404 })
    }
  },
)

test('a todo at another version than the given one stays', async () => {
  await using world = await createRestWorld()
  const { todo, path } = await withTodo(world)
  expect(await world.call(path, { method: 'DELETE', ifMatch: '"2"' })).toMatchObject({
    status: 412,
    refusal: { code: 'version_conflict', retry: 'ask_person', current: todo },
  })
  expect((await world.call(path)).body).toEqual(todo)
  expect(await world.call(path, { method: 'DELETE', ifMatch: '"1"' })).toMatchObject({
    status: 204,
  })
  expect(await world.call(path, { method: 'DELETE', ifMatch: '"7"' })).toMatchObject({
    status: 204,
  })
})

test('with a key the answer is stored, and a retry does not delete a todo restored since', async () => {
  await using world = await createRestWorld()
  const { todo, path } = await withTodo(world)
  const first = await world.call(path, { method: 'DELETE', key: 'd' })
  expect(first).toMatchObject({ status: 204, headers: { 'idempotency-key-lifetime': '86400' } })
  expect(first.headers).not.toHaveProperty('idempotent-replayed')
  await world.mutate('restoreTodo', { id: todo.id })
  const second = await world.call(path, { method: 'DELETE', key: 'd' })
  expect(second).toMatchObject({ status: 204, headers: { 'idempotent-replayed': 'true' } })
  expect(await world.call(path)).toMatchObject({ status: 200, headers: { etag: '"3"' } })
})

test.for([
  ['without a version', {}, {}],
  ['with a version', { ifMatch: '"1"' }, { version: 1 }],
] as const)('a key sent over both APIs is one intent, %s', async ([, sent, version]) => {
  await using world = await createRestWorld()
  const { todo, path } = await withTodo(world)
  await world.call(path, { method: 'DELETE', key: 'd1', ...sent })
  await world.mutate('restoreTodo', { id: todo.id })
  const input = { id: todo.id, ...version }
  expect(await world.mutate('deleteTodo', { ...input, idempotencyKey: 'd1' })).toMatchObject({
    status: 200,
    data: { id: todo.id },
  })
  expect(await world.call(path)).toMatchObject({ status: 200 })

  await world.mutate('deleteTodo', { ...input, idempotencyKey: 'd2' })
  expect(await world.call(path, { method: 'DELETE', key: 'd2', ...sent })).toHaveProperty(
    ['headers', 'idempotent-replayed'],
    'true',
  )
})

test('a key used to create cannot delete', async () => {
  await using world = await createRestWorld()
  const { body } = await world.call('/todos', { method: 'POST', key: 'k', body: { title: 'x' } })
  const path = `/todos/${body.id}`
  expect(await world.call(path, { method: 'DELETE', key: 'k' })).toMatchObject({
    status: 422,
    refusal: { code: 'key_reused' },
  })
  expect(await world.call(path)).toMatchObject({ status: 200 })
})
