import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createRestWorld } from './test-rest-world.ts'

const milk = { title: 'Buy milk' }

test('a key sent twice creates one todo, with equal answers to the byte', async () => {
  await using world = await createRestWorld()
  const first = await world.call('/todos', { method: 'POST', key: 'abc-123', body: milk })
  const second = await world.call('/todos', { method: 'POST', key: 'abc-123', body: milk })
  expect(first).toMatchObject({
    status: 201,
    body: { title: 'Buy milk', completed: false, version: 1 },
    headers: {
      'content-type': 'application/json',
      location: `/todos/${first.body.id}`,
      etag: '"1"',
      'idempotency-key-lifetime': '86400',
    },
  })
  expect(first.headers).not.toHaveProperty('idempotent-replayed')
  expect(second.text).toBe(first.text)
  expect(second.status).toBe(201)
  expect(second.headers).toMatchObject({
    location: first.headers.location,
    etag: '"1"',
    'idempotent-replayed': 'true',
    'idempotency-key-lifetime': '86400',
  })
  expect(await world.count('todo')).toBe(1)
  const other = await world.call('/todos', { method: 'POST', key: 'xyz-789', body: milk })
  expect(other.status).toBe(201)
  expect(other.body.id).not.toBe(first.body.id)
})

test('the answer equals the stored answer, to the byte', async () => {
  await using world = await createRestWorld()
  const { text } = await world.call('/todos', { method: 'POST', key: 'k', body: milk })
  const { rows } = await world.pool.query('select answer from idem.idempotency_record')
  expect(text).toBe(rows[0].answer)
})

test('a quoted key is the same key as a bare one', async () => {
  await using world = await createRestWorld()
  const bare = await world.call('/todos', { method: 'POST', key: 'abc-123', body: milk })
  const quoted = await world.call('/todos', { method: 'POST', key: '"abc-123"', body: milk })
  expect(quoted.text).toBe(bare.text)
})

test.for([
  ['without an id', {}],
  ['with an id', { id: v7() }],
] as const)('a key sent over both APIs is one intent, %s', async ([, id]) => {
  await using world = await createRestWorld()
  const posted = await world.call('/todos', { method: 'POST', key: 'k1', body: { ...milk, ...id } })
  const mutated = await world.mutate('createTodo', { idempotencyKey: 'k1', ...milk, ...id })
  expect(mutated).toMatchObject({ status: 200, data: posted.body })

  const before = await world.mutate('createTodo', { idempotencyKey: 'k2', title: ' a ' })
  const after = await world.call('/todos', { method: 'POST', key: 'k2', body: { title: ' a ' } })
  expect(after).toMatchObject({ status: 201, headers: { 'idempotent-replayed': 'true' } })
  expect(after.body).toEqual(before.data)
  expect(await world.count('todo')).toBe(2)
})

test('a key sent with another title is refused and changes nothing', async () => {
  await using world = await createRestWorld()
  await world.call('/todos', { method: 'POST', key: 'k', body: milk })
  const refused = await world.call('/todos', { method: 'POST', key: 'k', body: { title: 'Rum' } })
  expect(refused).toMatchObject({ status: 422, refusal: { code: 'key_reused', retry: 'never' } })
  expect(refused.headers).not.toHaveProperty('idempotent-replayed')
  expect(await world.count('todo')).toBe(1)
})

test('a stored refusal is replayed to the byte, and marked as a replay', async () => {
  await using world = await createRestWorld()
  const id = v7()
  await world.call('/todos', { method: 'POST', key: 'k1', body: { ...milk, id } })
  const again = () =>
    world.call('/todos', { method: 'POST', key: 'k2', body: { title: 'Rum', id } })
  const refused = await again()
  expect(refused).toMatchObject({
    status: 409,
    refusal: { code: 'id_taken', retry: 'never', current: { id, title: 'Buy milk' } },
  })
  expect(refused.headers).not.toHaveProperty('idempotent-replayed')
  await world.call(`/todos/${id}`, { method: 'DELETE' })
  const replayed = await again()
  expect(replayed.text).toBe(refused.text)
  expect(replayed.headers['idempotent-replayed']).toBe('true')
  const gone = await world.call('/todos', { method: 'POST', body: { ...milk, id } })
  expect(gone).toMatchObject({ status: 409, refusal: { code: 'id_taken', deleted: true } })
})

test('without a key each call creates a todo, under a key of its own', async () => {
  await using world = await createRestWorld()
  const first = await world.call('/todos', { method: 'POST', body: milk })
  const second = await world.call('/todos', { method: 'POST', body: milk })
  expect([first.status, second.status]).toEqual([201, 201])
  expect(first.headers).toMatchObject({ etag: '"1"', location: `/todos/${first.body.id}` })
  expect(first.headers).not.toHaveProperty('idempotency-key-lifetime')
  expect(second.body.id).not.toBe(first.body.id)
  expect(await world.count('todo')).toBe(2)
  expect(await world.count('idem.idempotency_record')).toBe(2)
})

test('without a key an id of the client is honoured, and an old one refused', async () => {
  await using world = await createRestWorld()
  const id = v7()
  const first = await world.call('/todos', { method: 'POST', body: { ...milk, id } })
  const second = await world.call('/todos', { method: 'POST', body: { ...milk, id } })
  expect(second.text).toBe(first.text)
  const old = v7({ msecs: Date.now() - 366 * 86_400_000 })
  expect(await world.call('/todos', { method: 'POST', body: { ...milk, id: old } })).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths: ['id'] },
  })
})

test('where keys are required, a create without one is refused', async () => {
  await using world = await createRestWorld({ requireKey: true })
  const refused = await world.call('/todos', { method: 'POST', body: milk })
  expect(refused).toMatchObject({ status: 400, refusal: { code: 'key_missing', retry: 'never' } })
  expect(await world.count('todo')).toBe(0)
  expect(await world.call('/todos', { method: 'POST', key: 'k', body: milk })).toMatchObject({
    status: 201,
  })
  expect(await world.call('/todos/99', { method: 'DELETE' })).toMatchObject({ status: 204 })
})
