import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import express5, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
// @ts-expect-error Express 4 shares the types of Express 5 here.
import express4 from 'express-4'
// @ts-expect-error The version that express-generator installs.
import express416 from 'express-4-16'
import type pg from 'pg'
import type { Idempotency } from '../create-idempotency.ts'
import { make, picture } from '../http/test-effects.ts'
import { idempotent } from './idempotent.ts'

declare global {
  namespace Express {
    interface Request {
      tx: pg.PoolClient
    }
  }
}

export const expressVersions = {
  '4.16': express416 as typeof express5,
  4: express4 as typeof express5,
  5: express5,
} as const

/** Express 4.16 has no parser of texts. */
const readText: RequestHandler = async (req, _res, next) => {
  if (req.is('text/*')) req.body = await text(req)
  next()
}

export function expressServer(
  version: keyof typeof expressVersions,
  idempotency: Idempotency<pg.PoolClient>,
): Promise<Server> {
  const express = expressVersions[version]
  const app = express()
  app.use((_req, res, next) => {
    res.setHeader('X-Outer', 'yes')
    next()
  })
  app.use(express.json(), express.text?.() ?? readText)
  const owner = (req: Request) => req.get('X-User') ?? 'ann'
  const once = idempotent(idempotency, { owner })
  /** Express 4 does not look at what a handler returns. */
  const handler =
    (handle: (...args: Parameters<RequestHandler>) => Promise<unknown>): RequestHandler =>
    (req, res, next) =>
      void handle(req, res, next).catch(next)

  app.get('/posts', once, (req, res) => void res.send(`reads with ${String(req.tx)}`))
  app.post(
    '/posts',
    once,
    handler(async (req, res) => {
      const { name } = req.body
      const post = await make(req.tx, name)
      res
        .status(201)
        .location(`/posts/${name}`)
        .set('ETag', '"1"')
        .cookie('a', 'b')
        .set('X-Chosen', 'stored')
        .json(post)
    }),
  )
  app.post(
    '/others',
    once,
    handler(async (req, res) => res.json(await make(req.tx, 'other'))),
  )
  app.delete(
    '/posts/:id',
    once,
    handler(async (req, res) => {
      await make(req.tx, String(req.params.id))
      res.status(204).end()
    }),
  )
  app.post(
    '/text',
    once,
    handler(async (req, res) => res.json(await make(req.tx, req.body))),
  )
  app.post(
    '/see-other',
    once,
    handler(async (req, res) => {
      await make(req.tx, 'see other')
      res.redirect(303, '/posts/1')
    }),
  )
  app.post(
    '/picture',
    once,
    handler(async (req, res) => {
      await make(req.tx, 'picture')
      res.type('image/png').send(picture)
    }),
  )
  app.post(
    '/declined/:name',
    once,
    handler(async (req, res) => {
      await make(req.tx, String(req.params.name))
      res.status(409).set('X-Reason', 'taken').json({ error: 'Declined.' })
    }),
  )
  app.post(
    '/throws/:name',
    once,
    handler(async (req) => {
      await make(req.tx, String(req.params.name))
      throw Object.assign(new Error('Failed.'), { status: 418 })
    }),
  )
  app.post(
    '/stored',
    idempotent(idempotency, {
      owner,
      storeStatus: () => true,
      headers: ['X-Chosen', 'Set-Cookie'],
    }),
    handler(async (req, res) => {
      await make(req.tx, 'stored')
      res.status(402).set('X-Chosen', 'stored').cookie('a', 'b').json({ error: 'No money.' })
    }),
  )
  app.post(
    '/allowed',
    idempotent(idempotency, {
      owner,
      missingKey: 'allow',
      documentation: 'https://example.com/keys',
    }),
    handler(async (req, res) => res.json(await make(req.tx, 'allowed'))),
  )
  app.post(
    '/late/:name',
    idempotent(idempotency, { owner, timeoutMs: 100 }),
    handler(async (req, res) => res.json(await make(req.tx, String(req.params.name)))),
  )
  app.post(
    '/stream/:kind',
    once,
    handler(async (req, res) => {
      const kind = String(req.params.kind)
      await make(req.tx, `stream ${kind}`)
      if (kind === 'file') res.sendFile('package.json', { root: '.' })
      if (kind === 'pipe') Readable.from(['a', 'b']).pipe(res)
      if (kind === 'flush') res.type('text/event-stream').flushHeaders()
      if (kind === 'write') {
        res.write('a')
        setTimeout(() => res.end('b'), 20)
      }
    }),
  )
  const onError: ErrorRequestHandler = (error, _req, res, _next) =>
    void res.status(error.status ?? 500).send(error.message)
  app.use(onError)
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}
