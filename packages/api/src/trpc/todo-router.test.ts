import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld } from '../test-world.ts'

const isTodo = {
  id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
  title: 'Buy milk',
  completed: false,
  version: 1,
  createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  updatedAt: expect.stringMatching(/Z$/),
}

test('two creates with one key create one todo and get the same answer, byte for byte', async () => {
  await using world = await createWorld()
  const first = await world.mutate('createTodo', { idempotencyKey: 'abc-123', title: 'Buy milk' })
  const second = await world.mutate('createTodo', { title: 'Buy milk', idempotencyKey: 'abc-123' })
  expect(first).toMatchObject({ status: 200, data: isTodo })
  expect(second.text).toBe(first.text)
  expect(await world.count('todo')).toBe(1)
})

test('a key used to create cannot delete', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const refused = await world.mutate('deleteTodo', { id: data.id, idempotencyKey: 'k' })
  expect(refused).toMatchObject({ status: 422, refusal: { code: 'key_reused' } })
  expect(await world.query('getTodo', { id: data.id })).toMatchObject({ status: 200 })
})

test('a late retry of a create replays its answer and restores nothing', async () => {
  await using world = await createWorld()
  const input = { idempotencyKey: 'k', title: 'Buy milk' }
  const first = await world.mutate('createTodo', input)
  await world.mutate('deleteTodo', { id: first.data.id })
  expect((await world.mutate('createTodo', input)).text).toBe(first.text)
  expect((await world.query('listTodos')).data).toEqual({ todos: [], nextCursor: null })
  expect(await world.query('getTodo', { id: first.data.id })).toMatchObject({
    status: 404,
    refusal: { code: 'not_found', retry: 'never' },
  })
})

test('existing ids within one batch: each attempt gets its own answer, and no other is disturbed', async () => {
  await using world = await createWorld()
  const [same, other, gone, twice] = [v7(), v7(), v7(), v7()]
  for (const id of [same, other, gone]) {
    await world.mutate('createTodo', { idempotencyKey: `first-${id}`, title: 'Buy milk', id })
  }
  await world.mutate('deleteTodo', { id: gone })
  const create = (idempotencyKey: string, title: string, id?: string) => {
    const input = { idempotencyKey, title, ...(id === undefined ? {} : { id }) }
    return world.mutate('createTodo', input)
  }
  const [a, b, c, d, e, f] = await Promise.all([
    create('a', 'Buy milk', same),
    create('b', 'Buy tea', other),
    create('c', 'Buy milk', gone),
    create('d', 'Twice', twice),
    create('e', 'Twice', twice),
    create('f', 'Free'),
  ])
  expect(a).toMatchObject({ status: 200, data: { id: same } })
  expect(b).toMatchObject({ status: 409, refusal: { code: 'id_taken', current: { id: other } } })
  expect(c).toMatchObject({ status: 409, refusal: { code: 'id_taken', deleted: true } })
  expect(d?.data).toEqual(e?.data)
  expect(f).toMatchObject({ status: 200, data: { title: 'Free' } })
  expect(await world.count('todo')).toBe(5)
})

test('a title is kept trimmed, but compared as it arrived', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: '  Buy milk ' })
  expect(data.title).toBe('Buy milk')
  const other = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  expect(other.refusal.code).toBe('key_reused')
})

test.for([
  ['createTodo', { title: 'x' }, 'key_missing'],
  ['createTodo', { title: '', idempotencyKey: undefined }, 'key_missing'],
  ['createTodo', { title: 'x', idempotencyKey: '' }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: null }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: 'k'.repeat(256) }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: 'a b' }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: 'a,b' }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: 'a"b' }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: 'a\\b' }, 'key_malformed'],
  ['createTodo', { title: 'x', idempotencyKey: '🔑' }, 'key_malformed'],
  ['deleteTodo', { id: 'x', idempotencyKey: '' }, 'key_malformed'],
] as const)('%s with %j is %s', async ([path, input, code]) => {
  await using world = await createWorld()
  expect(await world.mutate(path, input)).toMatchObject({
    status: 400,
    refusal: { code, retry: 'never' },
  })
  expect(await world.count('idem.idempotency_record')).toBe(0)
})

test.for([
  ['createTodo', { title: '' }, ['title']],
  ['createTodo', { title: '   ' }, ['title']],
  ['createTodo', { title: 'x'.repeat(501) }, ['title']],
  ['createTodo', { title: 'a\0b' }, ['title']],
  ['createTodo', { title: '\ud800' }, ['title']],
  ['createTodo', { title: 'x', id: '99' }, ['id']],
  ['createTodo', { title: 'x', id: '1b4e28ba-2fa1-4d3b-8f0e-1c2d3e4f5a6b' }, ['id']],
  ['createTodo', { title: 'x', owner: 'ben' }, ['owner']],
  ['createTodo', { title: 'x', createdAt: '2020-01-01T00:00:00.000Z' }, ['createdAt']],
  ['createTodo', null, ['']],
  ['createTodo', 'x', ['']],
  ['deleteTodo', { id: '\ud800' }, ['id']],
  ['deleteTodo', { id: 'x', version: 0 }, ['version']],
] as const)('%s with %j is invalid input and says where', async ([path, input, paths]) => {
  await using world = await createWorld()
  const keyed = path === 'createTodo' && typeof input === 'object' && input !== null
  const refused = await world.mutate(path, keyed ? { idempotencyKey: 'k', ...input } : input)
  expect(refused).toMatchObject({ status: 400, refusal: { code: 'invalid_input', paths } })
})

test('the policy contains the retention of keys and the time', async () => {
  await using world = await createWorld()
  const { data } = await world.query('policy')
  expect(data).toEqual({
    keyRetentionHours: 24,
    acceptancePastHours: 23,
    acceptanceFutureMinutes: 5,
    serverTime: expect.stringMatching(/Z$/),
    ledgerEpoch: '5f0c8d3e-0000-4000-8000-000000000000',
    installationId: '5f0c8d3e-0000-4000-8000-000000000001',
  })
})

test('an unexpected error reveals only an id that finds it in the log', async () => {
  await using world = await createWorld()
  await world.pool.query('drop table todo')
  const failed = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'secret title' })
  expect(failed).toMatchObject({ status: 500, refusal: { code: 'unexpected', retry: 'same_key' } })
  expect(failed.text).not.toMatch(/relation "|drop|secret|prisma|at .*\.ts/i)
  expect(world.unexpected).toMatchObject([
    { refusal: { correlationId: failed.refusal.correlationId } },
  ])
  expect(await world.count('idem.idempotency_record')).toBe(0)
})
