import { connect } from 'node:net'
import { RefusalError } from '@idem/contract/refusal'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { withoutDatabase } from '../test-without-database.ts'
import { createRestWorld, type RestWorld } from './test-rest-world.ts'

const milk = { title: 'Buy milk' }
const put = { method: 'PUT', ifMatch: '"1"', body: { ...milk, completed: true } }

async function withTodo(world: RestWorld) {
  const { body } = await world.call('/todos', { method: 'POST', body: milk })
  return `/todos/${body.id}`
}

test('a problem has the members of RFC 9457 and the refusal', async () => {
  await using world = await createRestWorld()
  const { text, headers } = await world.call('/todos/99')
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  expect(JSON.parse(text)).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'Nothing has this id.',
    refusal: { code: 'not_found', retry: 'never' },
  })
})

test.for([
  ['empty', ''],
  ['of empty quotes', '""'],
  ['of 256 characters', 'k'.repeat(256)],
  ['with a space', 'a b'],
  ['with a comma', 'a,b'],
  ['with a quote', 'a"b'],
  ['with a quote at one end', '"ab'],
  ['quoted twice', '""a""'],
  ['with a backslash', '"a\\"b"'],
  ['with parameters', '"a";b=1'],
  ['with bytes that are no ASCII', 'cl\u00e9'],
] as const)('a key %s is malformed, and nothing is done', async ([, key]) => {
  await using world = await createRestWorld()
  const path = await withTodo(world)
  for (const [at, sent] of [
    ['/todos', { method: 'POST', body: milk }],
    [path, put],
    [path, { method: 'DELETE' }],
  ] as const) {
    expect(await world.call(at, { ...sent, key })).toMatchObject({
      status: 400,
      refusal: { code: 'key_malformed', retry: 'never' },
    })
  }
  expect((await world.call('/todos')).body.todos).toMatchObject([{ ...milk, version: 1 }])
})

test.for([
  ['the same twice', 'a', 'a'],
  ['two', 'a', 'b'],
  ['one and an empty one', 'a', ''],
] as const)('%s: several key headers are ambiguous', async ([, one, other]) => {
  await using world = await createRestWorld()
  const headers = ['Idempotency-Key', one, 'idempotency-key', other]
  expect(await world.call('/todos', { method: 'POST', body: milk, headers })).toMatchObject({
    status: 400,
    refusal: { code: 'key_ambiguous', retry: 'never' },
  })
  expect(await world.count('todo')).toBe(0)
})

test.for([
  ['{', ['']],
  ['', ['']],
  ['{"title":"x"}}', ['']],
  ['null', ['']],
  ['[]', ['']],
  ['"x"', ['']],
  ['{}', ['title']],
  ['{"title":7}', ['title']],
  ['{"title":"   "}', ['title']],
  ['{"title":"a\\u0000b"}', ['title']],
  ['{"title":"\\ud800"}', ['title']],
  ['{"title":"x","id":"99"}', ['id']],
  ['{"title":"x","id":null}', ['id']],
  ['{"title":"x","owner":"ben"}', ['owner']],
  ['{"title":"x","idempotencyKey":"k"}', ['idempotencyKey']],
  ['{"title":"x","__proto__":{"polluted":true}}', ['__proto__']],
  ['{"title":"x","constructor":{"prototype":{}}}', ['constructor']],
] as const)('the body %s is invalid input, says where and is not stored', async ([body, paths]) => {
  await using world = await createRestWorld()
  for (const key of [{ key: 'k' }, {}]) {
    expect(await world.call('/todos', { method: 'POST', body, ...key })).toMatchObject({
      status: 400,
      refusal: { code: 'invalid_input', retry: 'never', paths },
    })
  }
  expect(Object(world)).not.toHaveProperty('polluted')
  expect(await world.call('/todos', { method: 'POST', key: 'k', body: milk })).toMatchObject({
    status: 201,
  })
})

test('thirty thousand nested arrays are only an unknown field', async () => {
  await using world = await createRestWorld()
  const body = `{"title":"x","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
  expect(await world.call('/todos', { method: 'POST', key: 'k', body })).toMatchObject({
    status: 400,
    refusal: { code: 'invalid_input', paths: ['a'] },
  })
})

test.for([
  ['text', 'text/plain'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['a multipart form', 'multipart/form-data; boundary=x'],
  ['bytes', 'application/octet-stream'],
  ['another charset', 'application/json; charset=utf-16'],
  ['a problem', 'application/problem+json'],
] as const)('%s is the wrong type', async ([, type]) => {
  await using world = await createRestWorld()
  const path = await withTodo(world)
  const headers = ['content-type', type]
  for (const [at, sent] of [
    ['/todos', { method: 'POST', body: milk, key: 'k' }],
    [path, put],
  ] as const) {
    expect(await world.call(at, { ...sent, headers })).toMatchObject({
      status: 415,
      refusal: { code: 'wrong_type', retry: 'never' },
    })
  }
})

test('a body without a type, or with a content coding, is the wrong type', async () => {
  await using world = await createRestWorld()
  expect(await world.call('/todos', { method: 'POST' })).toMatchObject({ status: 415 })
  const coded = { method: 'POST', body: milk, headers: ['content-encoding', 'gzip'] }
  expect(await world.call('/todos', coded)).toMatchObject({ status: 415 })
  const typed = ['Content-Type', 'Application/JSON; Charset="UTF-8"', 'content-type', 'text/plain']
  expect(await world.call('/todos', { ...coded, headers: typed })).toMatchObject({ status: 201 })
})

test('64 KiB are read, a byte more is not', async () => {
  await using world = await createRestWorld()
  const padded = (size: number) => JSON.stringify(milk).padEnd(size)
  const post = (body: string) => world.call('/todos', { method: 'POST', key: 'k', body })
  expect(await post(padded(65_536))).toMatchObject({ status: 201 })
  expect(await post(padded(65_537))).toMatchObject({
    status: 413,
    refusal: { code: 'too_large', retry: 'never' },
    headers: { connection: 'close' },
  })
})

test('size and type are checked before the key, and the key before the rest', async () => {
  await using world = await createRestWorld()
  const wrong = { method: 'POST', key: 'a b', body: '{' }
  expect(await world.call('/todos', { ...wrong, headers: ['content-type', 'x/y'] })).toMatchObject({
    status: 415,
  })
  expect(await world.call('/todos', wrong)).toMatchObject({ refusal: { code: 'key_malformed' } })
})

test('the caller is identified before a key is claimed, for a retry as well', async () => {
  let signedIn = true
  await using world = await createRestWorld({
    contextOf: (context) => {
      if (!signedIn) throw new RefusalError('forbidden')
      return context
    },
  })
  await world.call('/todos', { method: 'POST', key: 'k', body: milk })
  signedIn = false
  expect(await world.call('/todos', { method: 'POST', key: 'k', body: milk })).toMatchObject({
    status: 403,
    refusal: { code: 'forbidden', retry: 'ask_person' },
  })
  expect(await world.call('/todos', { method: 'POST', key: 'a b', body: '{' })).toMatchObject({
    status: 403,
  })
})

test('without a database each call is unavailable, and none is reported as failed', async () => {
  const { operations, [Symbol.asyncDispose]: end } = withoutDatabase()
  await using world = await createRestWorld({
    contextOf: (context) => ({ ...context, operations }),
  })
  const unavailable = (retry: string) => ({
    status: 503,
    headers: { 'retry-after': '1' },
    refusal: { code: 'unavailable', retry, retryAfterMs: 1_000 },
  })
  const create = { method: 'POST', body: milk }
  const path = `/todos/${v7()}`
  expect(await world.call('/todos', { ...create, key: 'k' })).toMatchObject(unavailable('same_key'))
  expect(await world.call(path, { ...put, key: 'k' })).toMatchObject(unavailable('same_key'))
  expect(await world.call(path, { method: 'DELETE', key: 'k' })).toMatchObject(
    unavailable('same_key'),
  )
  expect(await world.call('/outcomes/k', { method: 'DELETE' })).toMatchObject(
    unavailable('same_key'),
  )
  // Nothing was ever sent to the database, so it is safe to send the same again even without a key.
  expect(await world.call('/todos', create)).toMatchObject(unavailable('same_key'))
  expect(await world.call(path, put)).toMatchObject(unavailable('same_key'))
  expect(await world.call(path, { method: 'DELETE' })).toMatchObject(unavailable('same_key'))
  for (const reading of ['/todos', path, '/outcomes/k']) {
    expect(await world.call(reading)).toMatchObject(unavailable('same_key'))
  }
  await end()
})

test('an unexpected error reveals only an id that finds it in the log', async () => {
  await using world = await createRestWorld()
  await world.pool.query('drop table todo')
  const secret = { title: 'secret title' }
  for (const [path, sent] of [
    ['/todos', { method: 'POST', key: 'k', body: secret }],
    ['/todos', { method: 'POST', body: secret }],
    ['/todos', {}],
  ] as const) {
    const failed = await world.call(path, sent)
    expect(failed).toMatchObject({
      status: 500,
      refusal: { code: 'unexpected', retry: 'same_key' },
    })
    expect(failed.text).not.toMatch(/relation "|drop|secret|prisma|at .*\.ts/i)
    expect(world.unexpected.at(-1)?.refusal.correlationId).toBe(failed.refusal.correlationId)
  }
  expect(world.unexpected).toHaveLength(3)
  expect(await world.count('idem.idempotency_record')).toBe(0)
})

test('a client that leaves before its body has arrived is not an unexpected error', async () => {
  await using world = await createRestWorld()
  const { port } = new URL(world.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    'POST /todos HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    () => setTimeout(() => socket.destroy(), 50),
  )
  await new Promise((resolve) => socket.on('close', resolve))
  expect(await world.call('/todos')).toMatchObject({ status: 200 })
  expect(world.unexpected).toEqual([])
})
