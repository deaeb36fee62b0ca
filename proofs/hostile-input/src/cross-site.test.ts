import { v7 } from 'uuid'
import { afterAll, expect, test } from 'vitest'
import { checkResponse } from './check-response.ts'
import { canary, hostileWorld } from './hostile-world.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

/** Created before the cross-site requests. */
const { id } = JSON.parse(
  (await world.send({ path: '/todos', body: JSON.stringify({ title: 'Ours' }) })).text,
)
const json = (value: object) => JSON.stringify(value)
const keyed = () => ({ idempotencyKey: v7(), title: canary })

/** Every mutation; each would succeed from our own page. */
const changes = () =>
  [
    { api: 'trpc', path: '/api/trpc/createTodo', body: json(keyed()) },
    { api: 'trpc', path: '/api/trpc/createTodo?batch=1', body: json({ 0: keyed() }) },
    { api: 'trpc', path: '/api/trpc/deleteTodo', body: json({ id }) },
    { api: 'trpc', path: '/api/trpc/cancel', body: json({ idempotencyKey: v7() }) },
    { api: 'rest', path: '/todos', body: json({ title: canary }) },
    {
      api: 'rest',
      path: `/todos/${id}`,
      method: 'PUT',
      body: json({ title: canary, completed: true }),
      headers: ['if-match', '"1"'],
    },
    { api: 'rest', path: `/todos/${id}`, method: 'DELETE' },
    { api: 'rest', path: `/outcomes/${v7()}`, method: 'DELETE' },
  ] as const

test.for([
  ['by a name of its own for our address', ['host', 'evil.example']],
  ['by a name that only begins like ours', ['host', 'localhost.evil.example:3000']],
  ['by a name that only ends like ours', ['host', 'evil-localhost']],
  ['by an address that is not loopback', ['host', '192.168.0.1:3000']],
  ['by an empty name', ['host', '']],
  ['as a page of another origin', ['origin', 'https://evil.example']],
  ['as a page of an origin that begins like ours', ['origin', 'http://localhost.evil.example']],
  ['as a page with our name as its user', ['origin', 'http://localhost@evil.example']],
  ['as a sandboxed page', ['origin', 'null']],
  ['as a page whose origin cannot be read', ['origin', 'localhost']],
  ['as a page of another program on this machine', ['origin', 'http://127.0.0.1:1']],
  ['as a page of our name on another port', ['origin', 'http://localhost:1']],
  ['as a page of our name on the default port', ['origin', 'http://localhost']],
  ['as a page of our address by another name', ['origin', `http://127.0.0.1:${world.port}`]],
  ['as a page of our IPv6 address', ['origin', `http://[::1]:${world.port}`]],
  ['as a page of another scheme', ['origin', `foo://localhost:${world.port}`]],
  ['as two pages', ['origin', `${world.url}, http://evil.example`]],
  ['as one page and another', ['origin', world.url, 'origin', 'http://127.0.0.1:1']],
  ['as a page of another port, without an origin', ['sec-fetch-site', 'same-site']],
  ['across sites', ['sec-fetch-site', 'cross-site']],
  ['across sites with an origin of ours', ['sec-fetch-site', 'cross-site', 'origin', world.url]],
] as const)('a request sent %s changes nothing', async ([, from]) => {
  const before = await world.rows()
  for (const { api, ...sent } of changes()) {
    const headers = [...('headers' in sent ? sent.headers : []), ...from]
    const { codes, faults } = checkResponse(api, await world.send({ ...sent, headers }))
    expect(faults).toEqual([])
    expect(codes).toEqual(['forbidden'])
  }
  expect(await world.rows()).toEqual(before)
})

test.for([
  ['a form', 'application/x-www-form-urlencoded', `idempotencyKey=k&title=${canary}`],
  ['a form of plain text', 'text/plain', json(keyed())],
  [
    'a multipart form',
    'multipart/form-data; boundary=x',
    `--x\r\ncontent-disposition: form-data; name="title"\r\n\r\n${canary}\r\n--x--\r\n`,
  ],
  ['a beacon', 'text/plain;charset=UTF-8', json(keyed())],
] as const)(
  '%s, which any page may send without a preflight, changes nothing',
  async ([, type, body]) => {
    const before = await world.rows()
    for (const { api, ...sent } of changes()) {
      if (!('body' in sent)) continue
      const headers = [...('headers' in sent ? sent.headers : []), 'content-type', type]
      const { codes, faults } = checkResponse(api, await world.send({ ...sent, body, headers }))
      expect({ codes, faults }).toEqual({ codes: ['wrong_type'], faults: [] })
    }
    expect(await world.rows()).toEqual(before)
  },
)

test.for(['/', '/docs', '/todos', '/healthz', '/readyz', '/api/trpc/listTodos'])(
  'a request to %s with a rebound host name is refused',
  async (path) => {
    const { status, text } = await world.send({ path, headers: ['host', 'evil.example'] })
    expect(status).toBe(403)
    expect(text).not.toContain('Ours')
  },
)

test('no response allows another site to read it, not even a preflight', async () => {
  const headers = ['origin', 'https://evil.example', 'access-control-request-method', 'POST']
  for (const path of ['/todos', '/api/trpc/createTodo', '/api/trpc/listTodos', '/']) {
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await world.send({ method, path, headers })
      expect(Object.keys(answer.headers).filter((name) => /^access-control/.test(name))).toEqual([])
    }
  }
})

test('the same mutations from our own page succeed', async () => {
  const before = await world.rows()
  const headers = ['origin', world.url, 'sec-fetch-site', 'same-origin']
  for (const { api, ...sent } of changes().filter(({ path }) => !path.includes('delete'))) {
    const more = 'headers' in sent ? sent.headers : []
    const { codes } = checkResponse(
      api,
      await world.send({ ...sent, headers: [...more, ...headers] }),
    )
    expect(codes).toEqual(['ok'])
  }
  expect((await world.rows()).todos).toBe(before.todos + 3)
  expect(await world.harm()).toEqual([])
})
