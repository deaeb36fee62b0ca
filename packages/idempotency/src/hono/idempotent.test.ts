import { Hono } from 'hono'
import type pg from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { Idempotency } from '../create-idempotency.ts'
import { make } from '../http/test-effects.ts'
import { createWorld } from '../test-world.ts'
import { idempotent } from './idempotent.ts'

async function honoWorld() {
  const world = await createWorld()
  const once = idempotent(world.newServer().idempotency, { owner: () => 'ann' })
  return { world, once, [Symbol.asyncDispose]: world[Symbol.asyncDispose] }
}

const keyed = (body: string | URLSearchParams, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body,
  headers: { 'Idempotency-Key': 'k', ...headers },
})

test('the handler reads the body in every way, also after a middleware that has read it', async () => {
  await using it = await honoWorld()
  const app = new Hono()
    .post('/raw', it.once, async (c) => c.text(await c.req.raw.text()))
    .post('/form', it.once, async (c) => c.json(await c.req.parseBody()))
    .post(
      '/parsed',
      async (c, next) => {
        await c.req.json()
        await next()
      },
      it.once,
      async (c) => c.json(await c.req.json()),
    )
  expect(await (await app.request('/raw', keyed('milk'))).text()).toBe('milk')
  const form = { ...keyed(new URLSearchParams({ a: 'b' })), headers: { 'Idempotency-Key': 'f' } }
  expect(await (await app.request('/form', form)).json()).toEqual({ a: 'b' })
  const parsed = keyed('{"a":1}', { 'Idempotency-Key': 'p', 'Content-Type': 'application/json' })
  expect(await (await app.request('/parsed', parsed)).json()).toEqual({ a: 1 })
})

test.for(['formData', 'parseBody'] as const)(
  'a form that an earlier middleware has read with %s is the same in each attempt',
  async (read) => {
    await using it = await honoWorld()
    const app = new Hono().post(
      '/',
      async (c, next) => {
        await c.req[read]()
        await next()
      },
      it.once,
      async (c) => c.json(await c.req.parseBody()),
    )
    const submit = (form: string) => app.request('/', keyed(new URLSearchParams(form)))
    const first = await submit('a=b&c=d')
    expect([first.status, await first.json()]).toEqual([200, { a: 'b', c: 'd' }])
    expect((await submit('a=b&c=d')).headers.get('Idempotent-Replayed')).toBe('true')
    expect((await submit('a=b&c=e')).status).toBe(422)
  },
)

test('before several routes it tells their paths apart', async () => {
  await using it = await honoWorld()
  const app = new Hono<{ Variables: { tx: pg.PoolClient } }>()
    .use('/posts/*', it.once)
    .delete('/posts/:id', async (c) => c.json(await make(c.get('tx'), c.req.param('id'))))
  const remove = (id: string) =>
    app.request(`/posts/${id}`, { method: 'DELETE', headers: { 'Idempotency-Key': 'k' } })
  expect((await remove('1')).status).toBe(200)
  expect((await remove('2')).status).toBe(422)
  expect(await it.world.effects()).toBe(1)
})

test('an error handler that answers with 200 does not commit', async () => {
  await using it = await honoWorld()
  const app = new Hono()
    .post('/', it.once, async (c) => {
      await make(c.get('tx'), 'milk')
      throw new Error('Failed.')
    })
    .onError((error, c) => c.text(`Sorry: ${error.message}`))
  for (let at = 0; at < 2; at += 1) {
    const response = await app.request('/', keyed(''))
    expect([response.status, await response.text()]).toEqual([200, 'Sorry: Failed.'])
  }
  expect(await it.world.effects()).toBe(0)
})

test('the transaction has its type beside the variables of the app, and an owner is required', () => {
  const idempotency = {} as Idempotency<pg.PoolClient>
  const handlers = () =>
    new Hono<{ Variables: { user: string } }>().post(
      '/posts/:id',
      idempotent(idempotency, { owner: (c) => c.get('user') }),
      (c) => {
        expectTypeOf(c.get('tx')).toEqualTypeOf<pg.PoolClient>()
        expectTypeOf(c.var.tx).toEqualTypeOf<pg.PoolClient>()
        expectTypeOf(c.get('user')).toEqualTypeOf<string>()
        expectTypeOf(c.req.param('id')).toEqualTypeOf<string>()
        return c.text('')
      },
    )
  expectTypeOf(handlers).toBeFunction()
  // @ts-expect-error Without an owner, keys of strangers would meet.
  idempotent(idempotency, {})
})
