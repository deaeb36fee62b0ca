import { afterAll, expect, test } from 'vitest'
import { checkResponse } from './check-response.ts'
import { canary, hostileWorld } from './hostile-world.ts'
import { leaksIn } from './leak-patterns.ts'
import { refusedRequests } from './refused-requests.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

test.for(refusedRequests)(
  '%s is refused on %s and changes nothing',
  async ([, api, sent, codes]) => {
    const before = await world.rows()
    const answer = await world.send(sent)
    const { codes: got, faults } = checkResponse(api, answer)
    expect(faults).toEqual([])
    expect(got.filter((code) => !codes.some((allowed) => allowed === code))).toEqual([])
    expect(got.length).toBeGreaterThan(0)
    if (answer.status === 405) expect(answer.headers.allow).toMatch(/^[A-Z]+(, [A-Z]+)*$/)
    expect(await world.rows()).toEqual(before)
  },
)

test.for([
  '',
  '{',
  '[]',
  '7',
  'null',
  '{"0":null}',
  `{"0":{"title":"${canary}"}}`,
  `{"0":{"idempotencyKey":"a b","title":"${canary}"}}`,
  `{"0":{"idempotencyKey":"${canary}","title":""}}`,
  `{"0":{"idempotencyKey":"${canary}","title":"x","owner":"somebody"}}`,
  `{"__proto__":{"0":{"idempotencyKey":"${canary}","title":"x"}}}`,
])('a batch of %s is refused in a stream as well', async (body) => {
  const before = await world.rows()
  const { status, headers, text } = await world.send({
    path: '/api/trpc/createTodo?batch=1',
    headers: ['trpc-accept', 'application/jsonl'],
    body,
  })
  expect([200, 400]).toContain(status)
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  expect(text).toMatch(/"refusal":\{"code":"(invalid_input|key_missing|key_malformed)"/)
  expect(text).not.toContain('"result"')
  expect(text).not.toContain(canary)
  expect(leaksIn(text)).toEqual([])
  expect(await world.rows()).toEqual(before)
})

test.for(['GET', 'PUT', 'TRACE', 'OPTIONS'])(
  '%s of a batch in a stream changes nothing',
  async (method) => {
    const before = await world.rows()
    const input = JSON.stringify({ 0: { idempotencyKey: canary, title: canary } })
    const { status, text } = await world.send({
      method,
      path: `/api/trpc/createTodo?batch=1&input=${encodeURIComponent(input)}`,
      headers: ['trpc-accept', 'application/jsonl'],
    })
    expect([200, 405]).toContain(status)
    expect(text).toContain('"refusal":{"code":"method_not_allowed"')
    expect(await world.rows()).toEqual(before)
  },
)

test.for(['/', '/todos', '/healthz', '/docs', '/api/trpc/listTodos'])(
  'TRACE of %s is refused, and echoes nothing',
  async (path) => {
    const { status, text } = await world.send({ method: 'TRACE', path, headers: ['x-a', canary] })
    expect([status, text.includes(canary)]).toEqual([405, false])
  },
)

test.for(['/api/trpc/createTodo', '/api/trpc/deleteTodo', '/docs/nothing', `/todos/${canary}`])(
  'HEAD %s has the headers of GET, without a body',
  async (path) => {
    const head = await world.send({ method: 'HEAD', path })
    const got = await world.send({ path })
    expect(head.text).toBe('')
    expect(head.status).toBe(got.status)
    expect(got.status).toBeGreaterThanOrEqual(404)
  },
)

test.for([
  `/${canary}`,
  `/..%2f..%2f${canary}`,
  `/%00${canary}`,
  `/%E0%A4%A${canary}`,
  `/_next/static/..%2f..%2fpackage.json?${canary}`,
  `/_next/static/%E0%A4%A${canary}`,
  `/_next/image?url=%2F${canary}&w=16&q=1`,
  `/_next/data/${canary}/index.json`,
  `/api/trpc?${canary}`,
])('the page answers %s with 404 and does not echo it', async (path) => {
  const { status, text, headers } = await world.send({ path })
  expect(status).toBe(404)
  expect(text).not.toContain(canary)
  expect(JSON.stringify(headers)).not.toContain(canary)
})

test.for(['url', 'header'])('20 kB of %s are refused with 431', async (part) => {
  const long = canary.repeat(1_600)
  const sent =
    part === 'url'
      ? { path: `/todos?search=${long}` }
      : { path: '/todos', headers: ['x-long', long] }
  expect(await world.send(sent)).toMatchObject({ status: 431, text: '' })
})

test('no request pollutes a prototype', async () => {
  const { status, text } = await world.send({ path: '/todos' })
  expect([status, text]).toEqual([200, '{"todos":[],"nextCursor":null}'])
})

test('afterwards nothing is created, logged or broken', async () => {
  expect(await world.rows()).toEqual({ todos: 0, changes: 0, keys: 0 })
  expect(await world.harm()).toEqual([])
})
