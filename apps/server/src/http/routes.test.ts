import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { RefusalError } from '@idem/contract/refusal'
import { expect, test } from 'vitest'
import { createRoutes } from './routes.ts'

async function serveRoutes(
  settings: {
    basePath?: string
    ready?: boolean
    refuse?: boolean
    metricsRefusal?: 'unauthenticated' | 'forbidden'
  } = {},
) {
  const route = createRoutes({
    basePath: settings.basePath ?? '',
    headers: { 'x-content-type-options': 'nosniff' },
    guard: () => {
      if (settings.refuse) throw new RefusalError('forbidden')
    },
    trpc: async (_request, response, path, query) => {
      response.end(`trpc ${path} ${query}`)
    },
    rest: async (request, response) => {
      response.end(`rest ${request.url}`)
    },
    page: async (request, response) => {
      response.end(`page ${request.url}`)
    },
    worker: 'self.skipWaiting()',
    release: { version: '1.2.3', commit: 'abc' },
    ready: async () => settings.ready ?? true,
    metrics: async () => ({ type: 'text/plain', text: 'counted 1' }),
    metricsRefusal: () => settings.metricsRefusal,
  })
  const server = createServer((request, response) => void route(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    async get(path: string, method = 'GET') {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        redirect: 'manual',
      })
      return {
        allow: response.headers.get('allow'),
        location: response.headers.get('location'),
        cache: response.headers.get('cache-control'),
        authenticate: response.headers.get('www-authenticate'),
        status: response.status,
        type: response.headers.get('content-type'),
        text: await response.text(),
      }
    },
    /** Over a raw socket, because no HTTP client sends such a target. */
    async ask(line: string) {
      const socket = connect(port, '127.0.0.1')
      socket.write(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
      let answer = ''
      for await (const chunk of socket) answer += chunk
      return answer
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('each path is routed to its handler', async () => {
  await using server = await serveRoutes()
  expect((await server.get('/api/trpc/listTodos?input=1?2')).text).toBe(
    'trpc listTodos input=1%3F2',
  )
  for (const path of [
    '/todos',
    '/todos/',
    '/todos/99?x',
    '/outcomes/k',
    '/openapi.json',
    '/docs/x',
  ]) {
    expect((await server.get(path)).text).toBe(`rest ${path}`)
  }
  expect((await server.get('/')).text).toBe('page /')
  expect((await server.get('/todosx')).text).toBe('page /todosx')
  expect((await server.get('/anything?x=1')).text).toBe('page /anything?x=1')
  expect(await server.get('/metrics')).toMatchObject({ status: 200, text: 'counted 1' })
  for (const path of ['/healthz', '/healthz/']) {
    expect(await server.get(path)).toMatchObject({
      status: 200,
      text: '{"healthy":true,"version":"1.2.3","commit":"abc"}',
    })
  }
})

test('below a prefix each path is routed without it, and nothing else of the host but the checks of operators', async () => {
  await using server = await serveRoutes({ basePath: '/todos' })
  expect((await server.get('/todos/api/trpc/listTodos?a')).text).toBe('trpc listTodos a=')
  expect((await server.get('/todos/todos/99?x')).text).toBe('rest /todos/99?x')
  expect((await server.get('/todos/?show=open')).text).toBe('page /?show=open')
  for (const path of ['/todos?show=open', '/todos?']) {
    const location = path.replace('?', '/?')
    expect(await server.get(path)).toMatchObject({ status: 308, location })
  }
  for (const path of ['/healthz', '/readyz?x', '/metrics', '/todos/healthz', '/todos/metrics/']) {
    expect((await server.get(path)).status).toBe(200)
  }
  for (const path of ['/', '/todosx', '/sign-in', '/api/trpc/policy', '/Todos/', '/%74odos/']) {
    expect(await server.get(path)).toMatchObject({ status: 404, location: null })
  }
  expect((await server.get('/todos', 'POST')).status).toBe(404)
  expect(await server.ask('GET /todos//evil.example')).toContain(' 404 ')
})

test('outside the prefix a request that the guard refuses learns nothing', async () => {
  await using server = await serveRoutes({ basePath: '/todos', refuse: true })
  for (const path of ['/', '/todos', '/todos/', '/healthz']) {
    expect(await server.get(path)).toMatchObject({ status: 403, location: null })
  }
})

test('the service worker is never cached, so that a new release is detected', async () => {
  await using server = await serveRoutes()
  expect(await server.get('/service-worker.js')).toMatchObject({
    status: 200,
    type: 'text/javascript; charset=utf-8',
    cache: 'no-cache',
    text: 'self.skipWaiting()',
  })
})

test.for(['/', '/healthz', '/readyz', '/metrics', '/service-worker.js', '/anything'])(
  '%s accepts only GET and HEAD',
  async (path) => {
    await using server = await serveRoutes()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await server.get(path, method)).toMatchObject({
        status: 405,
        allow: 'GET, HEAD',
        type: 'application/problem+json',
      })
    }
    expect((await server.get(path, 'HEAD')).status).toBe(200)
  },
)

test.for(['//todos', '//evil.example/x', '/api//trpc/createTodo', '/x//'])(
  'the malformed path %s is 404 and not redirected',
  async (path) => {
    await using server = await serveRoutes()
    const { status, text } = await server.get(path)
    expect(status).toBe(404)
    expect(text).not.toContain(path)
  },
)

test.for(['*', 'http://evil.example/healthz'])(
  'the request target %s is rejected with 400',
  async (target) => {
    await using server = await serveRoutes()
    expect(await server.ask(`OPTIONS ${target}`)).toMatch(/^HTTP\/1.1 400 /)
  },
)

test('a server that cannot write is not ready', async () => {
  await using ready = await serveRoutes()
  await using not = await serveRoutes({ ready: false })
  expect(await ready.get('/readyz')).toMatchObject({ status: 200, text: '{"ready":true}' })
  expect(await not.get('/readyz')).toMatchObject({ status: 503, text: '{"ready":false}' })
})

test.for([
  ['forbidden', 403, null],
  ['unauthenticated', 401, 'Bearer'],
] as const)(
  'metrics refused as %s are answered with %i as a problem document',
  async ([metricsRefusal, status, authenticate]) => {
    await using server = await serveRoutes({ metricsRefusal })
    for (const path of ['/metrics', '/metrics/', '/metrics?x=1']) {
      const answer = await server.get(path)
      expect(answer).toMatchObject({ status, authenticate, type: 'application/problem+json' })
      expect(JSON.parse(answer.text).refusal).toMatchObject({ code: metricsRefusal })
    }
  },
)

test('a refused request gets a problem document with its refusal', async () => {
  await using server = await serveRoutes({ refuse: true })
  const { status, type, text } = await server.get('/')
  expect([status, type]).toEqual([403, 'application/problem+json'])
  expect(JSON.parse(text)).toEqual({
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'This request is not allowed.',
    refusal: { code: 'forbidden', retry: 'ask_person' },
  })
})
