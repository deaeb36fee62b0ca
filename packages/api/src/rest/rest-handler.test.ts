import { connect } from 'node:net'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createRestWorld } from './test-rest-world.ts'

const { Request: ownRequest, Response: ownResponse } = globalThis

test.for([
  ['PUT', '/todos', 'POST, GET, HEAD'],
  ['DELETE', '/todos/', 'POST, GET, HEAD'],
  ['POST', '/todos/99', 'GET, HEAD, PUT, DELETE'],
  ['PATCH', '/todos/99/', 'GET, HEAD, PUT, DELETE'],
  ['OPTIONS', '/todos/99', 'GET, HEAD, PUT, DELETE'],
  ['TRACE', '/todos', 'POST, GET, HEAD'],
  ['POST', '/outcomes/k', 'GET, HEAD, DELETE'],
  ['POST', '/openapi.json', 'GET, HEAD'],
  ['DELETE', '/docs', 'GET, HEAD'],
  ['PUT', '/docs/start.js', 'GET, HEAD'],
] as const)('%s %s is refused, with the allowed methods', async ([method, path, allow]) => {
  await using world = await createRestWorld()
  expect(await world.call(path, { method })).toMatchObject({
    status: 405,
    headers: { allow, 'cache-control': 'no-store' },
    refusal: { code: 'method_not_allowed', retry: 'never' },
  })
})

test.for([
  '/todos/99/x',
  '/todos//',
  '/todos/99//',
  '/outcomes',
  '/outcomes/',
  '/outcomes/a/b',
  '/docs/x.js',
  '/docs/../todos',
  '/openapi.json/x',
  '/todos/../todos',
])('no route matches %s, and it is not echoed', async (path) => {
  await using world = await createRestWorld()
  const { status, text, refusal } = await world.call(path)
  expect({ status, refusal }).toEqual({
    status: 404,
    refusal: { code: 'no_such_route', retry: 'never' },
  })
  expect(text).not.toContain(path)
})

test.for([
  '/todos/%E0%A4%A',
  '/todos/%',
  '/todos/%zz',
  '/outcomes/%C0%80',
  '/docs/%FF',
  '/todos\\x',
])('the unreadable target %s is refused and not echoed', async (path) => {
  await using world = await createRestWorld()
  for (const method of ['GET', 'DELETE']) {
    const answer = await world.call(path, { method })
    expect(answer).toMatchObject({
      status: 400,
      refusal: { code: 'invalid_input', retry: 'never', paths: [''] },
      headers: { 'content-type': 'application/problem+json' },
    })
    expect(answer.text).not.toContain(path)
  }
})

test.for(['/todos/..%2f', '/todos/%2e%2e', '/todos/..', '/todos/.', '/todos/%2F%2Fx'])(
  '%s is taken literally, as the id of a todo that does not exist',
  async (path) => {
    await using world = await createRestWorld()
    expect(await world.call(path)).toMatchObject({ status: 404, refusal: { code: 'not_found' } })
    expect(await world.call(path, { method: 'DELETE' })).toMatchObject({ status: 204 })
  },
)

test('a trailing slash is the same path, and an escaped letter the same letter', async () => {
  await using world = await createRestWorld()
  const { body } = await world.call('/todos/', { method: 'POST', body: { title: 'Buy milk' } })
  const escaped = `%${body.id.charCodeAt(0).toString(16)}${body.id.slice(1)}`
  for (const path of [`/todos/${body.id}`, `/todos/${body.id}/`, `/todos/${escaped}?x=1`]) {
    expect((await world.call(path)).body).toEqual(body)
  }
})

test('HEAD returns the headers of GET, without the body', async () => {
  await using world = await createRestWorld()
  const { body } = await world.call('/todos', { method: 'POST', body: { title: 'Buy milk' } })
  expect(await world.call(`/todos/${body.id}`, { method: 'HEAD' })).toMatchObject({
    status: 200,
    text: '',
    headers: { etag: '"1"', 'content-type': 'application/json' },
  })
  expect(await world.call(`/todos/${v7()}`, { method: 'HEAD' })).toMatchObject({ status: 404 })
  for (const path of ['/todos', '/outcomes/k', '/docs', '/openapi.json']) {
    expect(await world.call(path, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  }
})

test('no answer may be cached', async () => {
  await using world = await createRestWorld()
  const create = { method: 'POST', key: 'k', body: { title: 'Buy milk' } }
  for (const answer of [
    await world.call('/todos', create),
    await world.call('/todos'),
    await world.call('/todos/99', { method: 'DELETE' }),
    await world.call('/todos/99'),
    await world.call('/outcomes/k'),
    await world.call('/docs'),
    await world.call('/openapi.json'),
    await world.call('/docs/nothing'),
    await world.call('/todos/%'),
    await world.call('/todos\\'),
  ]) {
    expect(answer.headers['cache-control']).toBe('no-store')
  }
})

test('requests pipelined on one connection are answered in order', async () => {
  await using world = await createRestWorld()
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
  const post = (title: string) => {
    const body = JSON.stringify({ title })
    return `POST /todos HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  }
  const last = 'DELETE /todos/99 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
  socket.write(post('a') + post('b') + last)
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text.match(/HTTP\/1.1 \d+|"title":"."/g)).toEqual([
    'HTTP/1.1 201',
    '"title":"a"',
    'HTTP/1.1 201',
    '"title":"b"',
    'HTTP/1.1 204',
  ])
})

test('the unread rest of a body is not parsed as the next request', async () => {
  await using world = await createRestWorld()
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
  const hidden =
    'POST /todos HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{"title":"x"}'
  socket.write(
    `POST /todos HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 100000\r\n\r\n${hidden}`,
  )
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 415'])
  expect(text).toMatch(/connection: close/i)
  expect(await world.count('todo')).toBe(0)
})

test("the process's own Request and Response are not replaced", async () => {
  await using world = await createRestWorld()
  await world.call('/todos')
  expect([globalThis.Request, globalThis.Response]).toEqual([ownRequest, ownResponse])
})
