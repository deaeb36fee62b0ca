import { setTimeout as pause } from 'node:timers/promises'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import express from 'express'
import type pg from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { Idempotency } from '../create-idempotency.ts'
import { httpWorld } from '../http/test-servers.ts'
import { idempotent } from './idempotent.ts'
import { expressServer, expressVersions } from './test-app.ts'

const versions = ['4.16', 4, 5] as const

const world = (version: (typeof versions)[number]) =>
  httpWorld((idempotency) => expressServer(version, idempotency))

/** A server with these routes and no others. */
const routesWorld = (routes: (app: Express, once: RequestHandler) => void) =>
  httpWorld((idempotency) => {
    const app = express()
    routes(app, idempotent(idempotency, { owner: () => 'ann' }))
    return new Promise((resolve) => {
      const server = app.listen(0, '127.0.0.1', () => resolve(server))
    })
  })

test('writeHead and each form of end are stored and replayed', async () => {
  const finished: string[] = []
  await using it = await routesWorld((app, once) => {
    const headers = { 'X-More': 'yes', Link: ['</a>', '</b>'] }
    app.post(
      '/object',
      once,
      (_, res) => void res.writeHead(201, headers).end('caf\u00e9', 'latin1'),
    )
    app.post('/pairs', once, (_, res) => {
      const pairs = [['Content-Type', 'text/plain']] as unknown as string[]
      res.writeHead(202, 'Later', pairs).end(new Uint8Array([97]), () => finished.push('pairs'))
    })
    app.post('/flat', once, (_, res) => {
      res.cookie('a', 'b')
      const flat = ['Content-Type', 'text/plain', 'Link', '</a>', 'Link', '</b>']
      res.writeHead(201, flat).end('a')
    })
    app.post('/nothing', once, (_, res) => void res.end(() => finished.push('nothing')))
  })
  for (const [path, expected] of [
    [
      '/object',
      { status: 201, bytes: Buffer.from('caf\u00e9', 'latin1'), headers: { link: '</a>, </b>' } },
    ],
    ['/pairs', { status: 202, body: 'a', headers: { 'content-type': 'text/plain' } }],
    [
      '/flat',
      { status: 201, body: 'a', headers: { 'content-type': 'text/plain', link: '</a>, </b>' } },
    ],
    ['/nothing', { status: 200, body: '' }],
  ] as const) {
    expect(await it.send({ key: path, path })).toMatchObject(expected)
    const again = await it.send({ key: path, path })
    expect(again).toMatchObject(expected)
    expect(again.headers).toHaveProperty('idempotent-replayed')
  }
  expect(finished).toEqual(['pairs', 'nothing'])
})

test.for(versions)(
  'Express %s: a handler that answers after its time throws nothing and sends nothing',
  async (version) => {
    const late: string[] = []
    await using it = await httpWorld((idempotency) => {
      const app = expressVersions[version]()
      const once = idempotent(idempotency, { owner: () => 'ann', timeoutMs: 50 })
      const answer = (ms: number) => async (_: unknown, res: express.Response) => {
        await pause(ms)
        try {
          res.status(201).set('X-Late', 'yes').cookie('a', 'b').json({ made: 'milk' })
          late.push('nothing')
        } catch (error) {
          late.push(String(error))
        }
      }
      app.post('/after', once, answer(300))
      app.post('/before', once, answer(100))
      // Answers between the two.
      const onError: ErrorRequestHandler = async (error, _req, res, _next) => {
        await pause(150)
        res.status(503).send(error.message)
      }
      app.use(onError)
      return new Promise((resolve) => {
        const server = app.listen(0, '127.0.0.1', () => resolve(server))
      })
    })
    for (const path of ['/before', '/after']) {
      const refused = await it.send({ key: path, path })
      expect(refused).toMatchObject({ status: 503, body: expect.stringContaining('longer than') })
      expect(refused.headers).not.toHaveProperty('x-late')
    }
    await expect.poll(() => late).toEqual(['nothing', 'nothing'])
  },
)

test('an error after the response changes nothing of it', async () => {
  await using it = await routesWorld((app, once) => {
    app.post('/', once, (_, res) => {
      res.status(201).json({ made: 'milk' })
      throw new Error('Too late.')
    })
  })
  const expected = { status: 201, body: { made: 'milk' } }
  expect(await it.send({ key: 'k', path: '/' })).toMatchObject(expected)
  expect(await it.send({ key: 'k', path: '/' })).toMatchObject(expected)
})

test.for(versions)('Express %s: a body that no parser has read is refused', async (version) => {
  await using it = await world(version)
  const headers = ['content-type', 'application/x-www-form-urlencoded']
  const refused = await it.send({ key: 'k', headers, body: 'name=milk' })
  expect(refused).toMatchObject({
    status: 415,
    body: { detail: expect.stringContaining('Parse the body before idempotent()') },
  })
  expect(await it.world.effects()).toBe(0)
})

test.for(versions)(
  'Express %s: a refused handler that goes on writes into no response',
  async (version) => {
    await using it = await world(version)
    const refused = await it.send({ key: 'k', path: '/stream/write', body: {} })
    expect(refused.body).toMatch(
      /^Send the response in one piece, or use a route without idempotent\(\)\.$/,
    )
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await it.send({ key: 'k', body: { name: 'milk' } })).status).toBe(201)
  },
)

test('before a whole router it tells paths apart', async () => {
  await using it = await routesWorld((app, once) => {
    app.use('/posts', once)
    app.post('/posts/:id', (req, res) => void res.json({ id: req.params.id }))
  })
  expect(await it.send({ key: 'k', path: '/posts/1' })).toMatchObject({ body: { id: '1' } })
  expect(await it.send({ key: 'k', path: '/posts/2' })).toMatchObject({ status: 422 })
})

test('the type of the transaction must fit its declaration, and an owner is required', () => {
  const owner = () => 'ann'
  const routes = () => {
    express().post('/posts/:id', idempotent({} as Idempotency<pg.PoolClient>, { owner }), (req) => {
      expectTypeOf(req.tx).toEqualTypeOf<pg.PoolClient>()
      expectTypeOf(req.params.id).toEqualTypeOf<string>()
    })
    // @ts-expect-error The declaration says that `req.tx` is a client of pg.
    express().post('/', idempotent({} as Idempotency<{ begin(): void }>, { owner }))
  }
  expectTypeOf(routes).toBeFunction()
  // @ts-expect-error Without an owner, keys of strangers would meet.
  idempotent({} as Idempotency<pg.PoolClient>, {})
})
