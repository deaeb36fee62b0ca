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

test('another key with the same title creates another todo', async () => {
  await using world = await createWorld()
  await world.mutate('createTodo', { idempotencyKey: 'abc-123', title: 'Buy milk' })
  await world.mutate('createTodo', { idempotencyKey: 'xyz-789', title: 'Buy milk' })
  expect((await world.query('listTodos')).data.todos).toHaveLength(2)
})

test('a key sent with another title is refused and changes nothing', async () => {
  await using world = await createWorld()
  await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const refused = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy tea' })
  expect(refused).toMatchObject({ status: 422, refusal: { code: 'key_reused', retry: 'never' } })
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

test.for(['01890a5d-ac96-774b-bcce-b302099a8057', '99', '', '{x}', 'ö'])(
  'deleting %s, which was never there, succeeds however often',
  async (id) => {
    await using world = await createWorld()
    for (const _ of [1, 2]) {
      expect(await world.mutate('deleteTodo', { id })).toMatchObject({ status: 200, data: { id } })
    }
  },
)

test('deleting a todo at an old version is refused with the current todo', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const input = { id: data.id, version: 2, idempotencyKey: 'd' }
  const refused = await world.mutate('deleteTodo', input)
  expect(refused).toMatchObject({
    status: 409,
    refusal: { code: 'version_conflict', retry: 'ask_person', current: data },
  })
  expect(await world.mutate('deleteTodo', { id: data.id, version: 1 })).toMatchObject({
    status: 200,
  })
  // Replayed as it was then, though the todo is gone by now.
  expect((await world.mutate('deleteTodo', input)).text).toBe(refused.text)
  expect(await world.mutate('deleteTodo', { id: data.id, version: 7 })).toMatchObject({
    status: 200,
  })
})

test('an id minted by the client is the id of the todo, and a second create with it creates nothing', async () => {
  await using world = await createWorld()
  const id = v7()
  const create = (key: string, title: string) =>
    world.mutate('createTodo', { idempotencyKey: key, title, id })
  const { data } = await create('k1', 'Buy milk')
  expect(data.id).toBe(id)
  expect((await create('k2', 'Buy milk')).data).toEqual(data)
  expect(await create('k3', 'Buy tea')).toMatchObject({
    status: 409,
    refusal: { code: 'id_taken', retry: 'never', current: data },
  })
  await world.mutate('deleteTodo', { id })
  expect((await create('k4', 'Buy milk')).refusal).toEqual({
    code: 'id_taken',
    retry: 'never',
    deleted: true,
  })
  expect(await world.count('todo')).toBe(1)
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

test('an id minted longer ago than tombstones are kept is invalid input', async () => {
  await using world = await createWorld()
  const day = 86_400_000
  const create = (key: string, id: string) =>
    world.mutate('createTodo', { idempotencyKey: key, title: 'Buy milk', id })
  const id = v7({ msecs: Date.now() - 366 * day })
  expect(await create('k1', id)).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths: ['id'] },
  })
  expect(await world.count('idem.idempotency_record')).toBe(0)
  expect(await create('k2', v7({ msecs: Date.now() - 364 * day }))).toMatchObject({ status: 200 })
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

test('500 code points fit, of any width', async () => {
  await using world = await createWorld()
  const title = '😀'.repeat(500)
  expect((await world.mutate('createTodo', { idempotencyKey: 'k', title })).data.title).toBe(title)
  const refused = await world.mutate('createTodo', { idempotencyKey: 'l', title: `${title}😀` })
  expect(refused.refusal.code).toBe('invalid_input')
})

test('an invalid input is never stored: corrected, it may use the same key', async () => {
  await using world = await createWorld()
  await world.mutate('createTodo', { idempotencyKey: 'k', title: '' })
  expect(await world.mutate('createTodo', { idempotencyKey: 'k', title: 'x' })).toMatchObject({
    status: 200,
  })
})

test('pages follow each other without a gap or a repetition, newest first', async () => {
  await using world = await createWorld()
  for (let at = 0; at < 7; at += 1) {
    await world.mutate('createTodo', { idempotencyKey: `k${at}`, title: `todo ${at}` })
  }
  const titles: string[] = []
  let cursor: string | undefined
  do {
    const { data } = await world.query('listTodos', { limit: 3, ...(cursor ? { cursor } : {}) })
    titles.push(...data.todos.map(({ title }: { title: string }) => title))
    cursor = data.nextCursor ?? undefined
  } while (cursor !== undefined)
  expect(titles).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `todo ${at}`))
})

test.for(['x', 'MTIz', Buffer.from('12 99').toString('base64url'), '..', ''])(
  'the cursor %j, which no page gave, is invalid input',
  async (cursor) => {
    await using world = await createWorld()
    expect(await world.query('listTodos', { cursor })).toMatchObject({
      status: 400,
      refusal: { code: 'invalid_input', paths: ['cursor'] },
    })
  },
)

test('a search is a literal part of the title, in either case', async () => {
  await using world = await createWorld()
  for (const title of [
    '100% Milk',
    '1000 milk',
    'under_score',
    'underscore',
    'back\\slash',
    'ÄPFEL',
  ]) {
    await world.mutate('createTodo', {
      idempotencyKey: `k-${title.length}-${titles(title)}`,
      title,
    })
  }
  const found = async (search: string) =>
    (await world.query('listTodos', { search })).data.todos.map(
      ({ title }: { title: string }) => title,
    )
  expect(await found('100%')).toEqual(['100% Milk'])
  expect(await found('MILK')).toEqual(['1000 milk', '100% Milk'])
  expect(await found('r_s')).toEqual(['under_score'])
  expect(await found('k\\s')).toEqual(['back\\slash'])
  expect(await found('äpfel')).toEqual(['ÄPFEL'])
  expect(await found('tea')).toEqual([])
})

test('open and done todos are listed separately', async () => {
  await using world = await createWorld()
  await world.mutate('createTodo', { idempotencyKey: 'k1', title: 'open' })
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k2', title: 'done' })
  await world.pool.query('update todo set completed = true where id = $1', [data.id])
  const shown = async (show: string) =>
    (await world.query('listTodos', { show })).data.todos.map(
      ({ title }: { title: string }) => title,
    )
  expect(await shown('all')).toEqual(['done', 'open'])
  expect(await shown('open')).toEqual(['open'])
  expect(await shown('done')).toEqual(['done'])
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

function titles(title: string): string {
  return Buffer.from(title).toString('hex')
}
