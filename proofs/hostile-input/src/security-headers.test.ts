import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { hostileWorld } from './hostile-world.ts'
import type { Sent } from './send.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

const page = await world.send({ path: '/' })
const script = / src="(\/_next\/static\/[^"]+\.js)"/.exec(page.text)?.[1] ?? '/'
const evil = ['host', 'evil.example']
const wrong = { body: '{' }

const everything: readonly (readonly [string, number, Sent])[] = [
  ['the page', 200, { path: '/' }],
  ['a script of the page', 200, { path: script }],
  ['the service worker', 200, { path: '/service-worker.js' }],
  ['the manifest', 200, { path: '/manifest.webmanifest' }],
  ['a page that is not there', 404, { path: '/nothing' }],
  ['the page by a foreign name', 403, { path: '/', headers: evil }],
  ['the page by a wrong method', 405, { method: 'POST', path: '/' }],
  ['the reference', 200, { path: '/docs' }],
  ['health', 200, { path: '/healthz' }],
  ['readiness', 200, { path: '/readyz' }],
  ['the OpenAPI document', 200, { path: '/openapi.json' }],
  ['a list over REST', 200, { path: '/todos' }],
  ['a refusal over REST', 400, { path: '/todos', ...wrong }],
  ['a wrong method over REST', 405, { method: 'PATCH', path: '/todos' }],
  ['a path REST cannot read', 400, { path: '/todos/%E0%A4%A' }],
  ['REST by a foreign name', 403, { path: '/todos', headers: evil }],
  ['a list over tRPC', 200, { path: '/api/trpc/listTodos' }],
  ['a refusal over tRPC', 400, { path: '/api/trpc/createTodo', ...wrong }],
  ['an unknown procedure', 404, { path: '/api/trpc/nothing' }],
  ['tRPC by a foreign name', 403, { path: '/api/trpc/listTodos', headers: evil }],
]

test.for(everything)('%s cannot be framed, sniffed or traced', async ([, status, sent]) => {
  const answer = await world.send(sent)
  expect(answer.status).toBe(status)
  const policy = directives(answer.headers['content-security-policy'])
  expect(policy['frame-ancestors']).toBe("'none'")
  expect(policy['default-src']).toMatch(/^'(self|none)'$/)
  expect(answer.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': expect.stringMatching(/^(no-referrer|same-origin)$/),
    'cross-origin-resource-policy': 'same-origin',
  })
  for (const name of ['x-powered-by', 'server', 'set-cookie', 'access-control-allow-origin']) {
    expect(answer.headers).not.toHaveProperty(name)
  }
})

test.for(everything.filter(([, , { path }]) => /^\/(todos|api|openapi|healthz|readyz)/.test(path)))(
  '%s is not stored by any cache',
  async ([, , sent]) => {
    expect((await world.send(sent)).headers['cache-control']).toBe('no-store')
  },
)

test.for(['/', '/service-worker.js', '/manifest.webmanifest', '/icon-192.png', '/nothing'])(
  '%s is not used again without asking, so an old release does not outlive its server',
  async (path) => {
    const cached = (await world.send({ path })).headers['cache-control']
    expect(cached).toMatch(/no-cache|no-store|max-age=0/)
    expect(cached).not.toContain('s-maxage')
  },
)

test('a script of the page is kept for ever', async () => {
  expect((await world.send({ path: script })).headers['cache-control']).toContain('immutable')
})

test.for(['/', '/docs', '/nothing'])(
  '%s allows only our own scripts, inline ones by their hash',
  async (path) => {
    const { headers, text } = await world.send({ path })
    const sources = (directives(headers['content-security-policy'])['script-src'] ?? '').split(' ')
    expect(sources.filter((source) => !/^'(self|sha256-[\w+/]{43}=)'$/.test(source))).toEqual([])
    const inline = [...text.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)]
    for (const [, code = ''] of inline) {
      const hash = createHash('sha256').update(code).digest('base64')
      expect(sources).toContain(`'sha256-${hash}'`)
    }
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
  },
)

test('the page reveals no further information about the server', () => {
  expect(directives(page.headers['content-security-policy'])).toMatchObject({
    'object-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'connect-src': "'self'",
  })
})

function directives(policy = ''): Record<string, string> {
  return Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(' ')
      return [name, sources.join(' ')]
    }),
  )
}
