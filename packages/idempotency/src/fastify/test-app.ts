import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import fastify, { type FastifyRequest } from 'fastify'
import type pg from 'pg'
import type { Idempotency } from '../create-idempotency.ts'
import { conflict, make, picture } from '../http/test-effects.ts'
import { idempotent } from './idempotent.ts'

declare module 'fastify' {
  interface FastifyRequest {
    tx: pg.PoolClient
  }
}

type Named = { Params: { name: string } }

export async function fastifyServer(idempotency: Idempotency<pg.PoolClient>): Promise<Server> {
  const app = fastify({ forceCloseConnections: true })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('X-Outer', 'yes')
  })
  const owner = (request: FastifyRequest) => `${request.headers['x-user'] ?? 'ann'}`
  const once = idempotent(idempotency, { owner })

  app.get('/posts', once, async (request) => `reads with ${String(request.tx)}`)
  app.post<{ Body: { name: string } }>('/posts', once, async (request, reply) => {
    const { name } = request.body
    const post = await make(request.tx, name)
    return reply
      .code(201)
      .headers({
        Location: `/posts/${name}`,
        ETag: '"1"',
        'Set-Cookie': 'a=b',
        'X-Chosen': 'stored',
      })
      .send(post)
  })
  app.post('/others', once, (request) => make(request.tx, 'other'))
  app.delete<{ Params: { id: string } }>('/posts/:id', once, async (request, reply) => {
    await make(request.tx, request.params.id)
    return reply.code(204).send()
  })
  app.post<{ Body: string }>('/text', once, async (request) => make(request.tx, request.body))
  app.post('/see-other', once, async (request, reply) => {
    await make(request.tx, 'see other')
    return reply.redirect('/posts/1', 303)
  })
  app.post('/picture', once, async (request, reply) => {
    await make(request.tx, 'picture')
    return reply.type('image/png').send(picture)
  })
  app.post<Named>('/declined/:name', once, async (request, reply) => {
    await make(request.tx, request.params.name)
    return reply.code(409).header('X-Reason', 'taken').send({ error: 'Declined.' })
  })
  app.post<Named>('/throws/:name', once, async (request) => {
    await make(request.tx, request.params.name)
    throw Object.assign(new Error('Failed.'), { statusCode: 418 })
  })
  app.post('/conflict', once, async (request) => request.tx.query(conflict))
  app.post(
    '/stored',
    idempotent(idempotency, {
      owner,
      storeStatus: () => true,
      headers: ['X-Chosen', 'Set-Cookie'],
    }),
    async (request, reply) => {
      await make(request.tx, 'stored')
      return reply
        .code(402)
        .headers({ 'X-Chosen': 'stored', 'Set-Cookie': 'a=b' })
        .send({ error: 'No money.' })
    },
  )
  app.post(
    '/allowed',
    idempotent(idempotency, {
      owner,
      missingKey: 'allow',
      documentation: 'https://example.com/keys',
    }),
    (request) => make(request.tx, 'allowed'),
  )
  app.post<Named>('/late/:name', idempotent(idempotency, { owner, timeoutMs: 100 }), (request) =>
    make(request.tx, request.params.name),
  )
  app.post<{ Params: { kind: string } }>('/stream/:kind', once, async (request, reply) => {
    const { kind } = request.params
    await make(request.tx, `stream ${kind}`)
    if (kind === 'hijack') {
      reply.hijack()
      reply.raw.end('a')
      return reply
    }
    if (kind === 'raw') {
      reply.raw.end('a')
      return reply
    }
    if (kind === 'response') return new Response('a')
    return reply.send(kind === 'web' ? new Response('a').body : Readable.from(['a', 'b']))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
