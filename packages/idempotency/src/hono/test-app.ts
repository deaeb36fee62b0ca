import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { stream, streamSSE, streamText } from 'hono/streaming'
import type pg from 'pg'
import type { Idempotency } from '../create-idempotency.ts'
import { conflict, make, picture } from '../http/test-effects.ts'
import { idempotent } from './idempotent.ts'

export async function honoServer(idempotency: Idempotency<pg.PoolClient>): Promise<Server> {
  const app = new Hono<{ Variables: { user: string } }>()
  app.use(async (c, next) => {
    c.header('X-Outer', 'yes')
    c.set('user', c.req.header('X-User') ?? 'ann')
    await next()
  })
  const options = { owner: (c: { get(name: 'user'): string }) => c.get('user') }
  const once = idempotent(idempotency, options)

  app.get('/posts', once, (c) => c.text(`reads with ${String(c.get('tx'))}`))
  app.post('/posts', once, async (c) => {
    const { name } = await c.req.json<{ name: string }>()
    const post = await make(c.get('tx'), name)
    c.header('Location', `/posts/${name}`)
    c.header('ETag', '"1"')
    c.header('Set-Cookie', 'a=b')
    c.header('X-Chosen', 'stored')
    return c.json(post, 201)
  })
  app.post('/others', once, async (c) => c.json(await make(c.get('tx'), 'other')))
  app.delete('/posts/:id', once, async (c) => {
    await make(c.get('tx'), c.req.param('id'))
    return c.body(null, 204)
  })
  app.post('/text', once, async (c) => c.json(await make(c.get('tx'), await c.req.text())))
  app.post('/see-other', once, async (c) => {
    await make(c.get('tx'), 'see other')
    return c.redirect('/posts/1', 303)
  })
  app.post('/picture', once, async (c) => {
    await make(c.get('tx'), 'picture')
    return c.body(picture, 200, { 'Content-Type': 'image/png' })
  })
  app.post('/declined/:name', once, async (c) => {
    await make(c.get('tx'), c.req.param('name'))
    return c.json({ error: 'Declined.' }, 409, { 'X-Reason': 'taken' })
  })
  app.post('/throws/:name', once, async (c) => {
    await make(c.get('tx'), c.req.param('name'))
    throw new HTTPException(418, { message: 'Failed.' })
  })
  app.post('/conflict', once, async (c) => {
    await c.get('tx').query(conflict)
    return c.text('never')
  })
  app.post(
    '/stored',
    idempotent(idempotency, {
      ...options,
      storeStatus: () => true,
      headers: ['X-Chosen', 'Set-Cookie'],
    }),
    async (c) => {
      await make(c.get('tx'), 'stored')
      return c.json({ error: 'No money.' }, 402, { 'X-Chosen': 'stored', 'Set-Cookie': 'a=b' })
    },
  )
  app.post(
    '/allowed',
    idempotent(idempotency, {
      ...options,
      missingKey: 'allow',
      documentation: 'https://example.com/keys',
    }),
    async (c) => c.json(await make(c.get('tx'), 'allowed')),
  )
  app.post('/late/:name', idempotent(idempotency, { ...options, timeoutMs: 100 }), async (c) =>
    c.json(await make(c.get('tx'), c.req.param('name'))),
  )
  app.post('/stream/:kind', once, async (c) => {
    const kind = c.req.param('kind')
    await make(c.get('tx'), `stream ${kind}`)
    if (kind === 'text') return streamText(c, async (s) => void (await s.write('a')))
    if (kind === 'events') return streamSSE(c, async (s) => s.writeSSE({ data: 'a' }))
    if (kind === 'response') return new Response(new ReadableStream())
    return stream(c, async (s) => void (await s.write('a')))
  })

  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () =>
      resolve(started),
    )
  })
  return server as Server
}
