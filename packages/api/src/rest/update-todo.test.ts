import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createRestWorld, type RestWorld } from './test-rest-world.ts'

const tea = { title: 'Buy tea', completed: true }

async function withTodo(world: RestWorld) {
  const { body } = await world.call('/todos', { method: 'POST', body: { title: 'Buy milk' } })
  return { todo: body, path: `/todos/${body.id}` }
}

test('a todo is changed at the version that was read, and answered with its new one', async () => {
  await using world = await createRestWorld()
  const { todo, path } = await withTodo(world)
  const { headers } = await world.call(path)
  const changed = await world.call(path, { method: 'PUT', ifMatch: `${headers.etag}`, body: tea })
  expect(changed).toMatchObject({
    status: 200,
    headers: { etag: '"2"' },
    body: { id: todo.id, ...tea, version: 2 },
  })
  expect(await world.call(path)).toMatchObject({ body: changed.body, headers: { etag: '"2"' } })
})

test('a stale version is refused with the current todo, and overwrites nothing', async () => {
  await using world = await createRestWorld()
  const { path } = await withTodo(world)
  const { body } = await world.call(path, { method: 'PUT', ifMatch: '"1"', body: tea })
  expect(await world.call(path, { method: 'PUT', ifMatch: '"1"', body: tea })).toMatchObject({
    status: 412,
    refusal: { code: 'version_conflict', retry: 'ask_person', current: body },
  })
})

test('without a version nothing is changed, claimed or stored', async () => {
  await using world = await createRestWorld()
  const { todo, path } = await withTodo(world)
  expect(await world.call(path, { method: 'PUT', key: 'k', body: tea })).toMatchObject({
    status: 428,
    refusal: { code: 'version_missing', retry: 'never' },
  })
  const missing = await world.call(`/todos/${v7()}`, { method: 'PUT', key: 'l', body: tea })
  expect(missing).toMatchObject({ status: 404, refusal: { code: 'not_found' } })
  // That of the create.
  expect(await world.count('idem.idempotency_record')).toBe(1)
  expect((await world.call(path)).body).toEqual(todo)
})

test.for([v7(), '99', 'a%2Fb', '%F0%9F%94%91'])(
  '%s, which is not there, is not found',
  async (id) => {
    await using world = await createRestWorld()
    const sent = { method: 'PUT', ifMatch: '"1"', body: tea }
    expect(await world.call(`/todos/${id}`, sent)).toMatchObject({
      status: 404,
      refusal: { code: 'not_found', retry: 'never' },
    })
  },
)

test('with a key it is changed once, and a retry after later changes gets the first answer', async () => {
  await using world = await createRestWorld()
  const { path } = await withTodo(world)
  const sent = { method: 'PUT', key: 'u', ifMatch: '"1"', body: tea }
  const first = await world.call(path, sent)
  await world.call(path, { method: 'PUT', ifMatch: '"2"', body: { ...tea, title: 'Buy rum' } })
  const second = await world.call(path, sent)
  expect(second.text).toBe(first.text)
  expect(second).toMatchObject({
    status: 200,
    headers: { etag: '"2"', 'idempotent-replayed': 'true', 'idempotency-key-lifetime': '86400' },
  })
  expect((await world.call(path)).body).toMatchObject({ title: 'Buy rum', version: 3 })
})

test('a key sent over both APIs is one intent', async () => {
  await using world = await createRestWorld()
  const { todo, path } = await withTodo(world)
  const put = await world.call(path, { method: 'PUT', key: 'u1', ifMatch: '"1"', body: tea })
  const input = { id: todo.id, version: 1, ...tea, idempotencyKey: 'u1' }
  expect(await world.mutate('updateTodo', input)).toMatchObject({ status: 200, data: put.body })

  const { data } = await world.mutate('updateTodo', { ...input, version: 2, idempotencyKey: 'u2' })
  const after = await world.call(path, { method: 'PUT', key: 'u2', ifMatch: '"2"', body: tea })
  expect(after).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } })
  expect(after.body).toEqual(data)
})

test.for([
  '1',
  'W/"1"',
  '*',
  '"0"',
  '"01"',
  '"1", "2"',
  '"x"',
  '""',
  '"1',
  '"2147483648"',
  '"9007199254740993"',
])('If-Match: %s names no version', async (ifMatch) => {
  await using world = await createRestWorld()
  const { path } = await withTodo(world)
  for (const sent of [{ method: 'PUT', body: tea }, { method: 'DELETE' }]) {
    expect(await world.call(path, { ...sent, ifMatch })).toMatchObject({
      status: 400,
      refusal: { code: 'invalid_input', retry: 'never', paths: ['If-Match'] },
    })
  }
})

test('two If-Match headers name no version', async () => {
  await using world = await createRestWorld()
  const { path } = await withTodo(world)
  const headers = ['If-Match', '"1"', 'If-Match', '"1"']
  expect(await world.call(path, { method: 'DELETE', headers })).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths: ['If-Match'] },
  })
})

test.for([
  [{ title: 'x' }, ['completed']],
  [{ completed: true }, ['title']],
  [{ title: '', completed: true }, ['title']],
  [{ title: 'x', completed: 'yes' }, ['completed']],
  [{ ...tea, version: 1 }, ['version']],
  [{ ...tea, id: v7() }, ['id']],
  [{ ...tea, idempotencyKey: 'k' }, ['idempotencyKey']],
  [[], ['']],
] as const)('a PUT of %j is invalid input and says where', async ([body, paths]) => {
  await using world = await createRestWorld()
  const { path } = await withTodo(world)
  expect(await world.call(path, { method: 'PUT', ifMatch: '"1"', key: 'k', body })).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths },
  })
  // That of the create.
  expect(await world.count('idem.idempotency_record')).toBe(1)
})
