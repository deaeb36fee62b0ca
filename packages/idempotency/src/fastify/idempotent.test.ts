import { Readable } from 'node:stream'
import fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import type pg from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { Idempotency } from '../create-idempotency.ts'
import { make } from '../http/test-effects.ts'
import { createWorld } from '../test-world.ts'
import { type IdempotentRoute, idempotent } from './idempotent.ts'

async function fastifyWorld(routes: (app: FastifyInstance, once: IdempotentRoute) => void) {
  const world = await createWorld()
  const app = fastify()
  routes(app, idempotent(world.newServer().idempotency, { owner: () => 'ann' }))
  await app.ready()
  return {
    world,
    post: (url: string, body: object = {}) =>
      app.inject({ method: 'POST', url, body, headers: { 'Idempotency-Key': 'k' } }),
    async [Symbol.asyncDispose]() {
      await app.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('a check before it refuses without a claim, and a hook after it answers in the transaction', async () => {
  let isAllowed = false
  await using it = await fastifyWorld((app, once) => {
    const check = async () => {
      if (!isAllowed) throw Object.assign(new Error('Not allowed.'), { statusCode: 403 })
    }
    app.post('/', {
      ...once,
      preHandler: [
        check,
        once.preHandler,
        async (request, reply) => {
          await make(request.tx, 'by a hook')
          return reply.code(202).send({ by: 'a hook' })
        },
      ],
      handler: async () => 'never',
    })
  })
  expect((await it.post('/')).statusCode).toBe(403)
  isAllowed = true
  for (const replayed of [undefined, 'true']) {
    const answered = await it.post('/')
    expect([answered.statusCode, answered.json()]).toEqual([202, { by: 'a hook' }])
    expect(answered.headers['idempotent-replayed']).toBe(replayed)
  }
  isAllowed = false
  expect((await it.post('/')).statusCode).toBe(403)
  expect(await it.world.effects()).toBe(1)
})

test('schemas validate before the claim and serialize before the response is stored', async () => {
  await using it = await fastifyWorld((app, once) => {
    const name = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
    const schema = { body: name, response: { 200: name } }
    app.post<{ Body: { name: string } }>('/', { ...once, schema }, async (request) => {
      await make(request.tx, request.body.name)
      return { name: request.body.name, secret: 'of the server' }
    })
  })
  expect((await it.post('/')).statusCode).toBe(400)
  const first = await it.post('/', { name: 'milk' })
  expect(first.json()).toEqual({ name: 'milk' })
  expect((await it.post('/', { name: 'milk' })).body).toBe(first.body)
  expect(await it.world.effects()).toBe(1)
})

test('an error handler that answers with 200 does not commit', async () => {
  await using it = await fastifyWorld((app, once) => {
    app.setErrorHandler((error: Error, _request, reply) => reply.code(200).send(error.message))
    app.post('/', once, async (request) => {
      await make(request.tx, 'milk')
      throw new Error('Failed.')
    })
  })
  for (let at = 0; at < 2; at += 1) expect((await it.post('/')).body).toBe('Failed.')
  expect(await it.world.effects()).toBe(0)
})

test('hooks of the application change a response once, and its replays equal it', async () => {
  let calls = 0
  await using it = await fastifyWorld((app, once) => {
    app.addHook('onSend', async (_request, reply, payload) => {
      calls += 1
      reply.headers({ 'Content-Language': `${calls}`, 'X-Request': `${calls}` })
      // A hook that compresses does so for one client and not for the other.
      if (calls > 1) reply.header('Content-Encoding', 'gzip')
      return `${calls} (${payload})`
    })
    app.post('/', once, async (request) => make(request.tx, 'milk'))
  })
  const first = await it.post('/')
  expect(first.body).toMatch(/^1 \(\{.*\}\)$/)
  for (const request of ['2', '3']) {
    const again = await it.post('/')
    expect(again.body).toBe(first.body)
    expect(again.headers).toMatchObject({
      'content-type': first.headers['content-type'],
      'content-length': first.headers['content-length'],
      'content-language': '1',
      'idempotent-replayed': 'true',
      // The hook still runs for what belongs to each response.
      'x-request': request,
    })
    expect(again.headers).not.toHaveProperty('content-encoding')
  }
  const refused = await it.post('/', { name: 'tea' })
  expect(refused.json()).toMatchObject({ refusal: { code: 'key_reused' } })
  expect(await it.world.effects()).toBe(1)
})

test('a plugin that compresses makes no stream of its response', async () => {
  await using it = await fastifyWorld((app, once) => {
    // @fastify/compress does it in this way.
    app.addHook('onRoute', (route: RouteOptions & { compress?: boolean }) => {
      if (route.compress === false) return
      route.onSend = async (_request, _reply, payload) => Readable.from([payload])
    })
    app.post('/', once, async (request) => make(request.tx, 'milk'))
  })
  expect((await it.post('/')).statusCode).toBe(200)
  expect(await it.world.effects()).toBe(1)
})

test('the transaction has its declared type, and an owner is required', () => {
  const idempotency = {} as Idempotency<pg.PoolClient>
  const routes = (app: FastifyInstance) =>
    app.post<{ Body: { name: string } }>(
      '/',
      idempotent(idempotency, { owner: (request) => request.ip }),
      async (request) => {
        expectTypeOf(request.tx).toEqualTypeOf<pg.PoolClient>()
        expectTypeOf(request.body.name).toEqualTypeOf<string>()
      },
    )
  expectTypeOf(routes).toBeFunction()
  // @ts-expect-error Without an owner, keys of strangers would meet.
  idempotent(idempotency, {})
})
