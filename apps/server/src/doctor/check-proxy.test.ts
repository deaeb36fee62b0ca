import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from '@idem/test-support/free-port'
import { expect, test } from 'vitest'
import { checkProxy } from './check-proxy.ts'
import { checkServer } from './check-server.ts'

const ours = 'ours'

type Answer = {
  readonly status?: number
  readonly headers?: IncomingHttpHeaders
  readonly text?: string
}

const sound: Readonly<Record<string, Answer>> = {
  '/sign-in': {
    headers: { 'idem-release': '1' },
    text: `<!DOCTYPE html><html lang="en" data-installation="${ours}">`,
  },
  '/metrics': { status: 403 },
  '/service-worker.js': { headers: { 'cache-control': 'no-cache' } },
  '/readyz': { text: '{"ready":true}' },
}

/** What a browser gets at a public URL, with these answers in place of sound ones. */
async function publicUrl(broken: Readonly<Record<string, Answer>> = {}) {
  const answers = { ...sound, ...broken }
  const server = createServer(({ url = '' }, response) => {
    const { status = 200, headers = {}, text = '' } = answers[url] ?? { status: 404 }
    response.writeHead(status, headers).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}`
  return {
    port,
    async found(settings: { trusted?: string[]; url?: string; port?: number } = {}) {
      const findings = await checkProxy({
        url: settings.url ?? url,
        PORT: settings.port ?? 3000,
        IDEM_TRUSTED_PROXIES: settings.trusted ?? [],
        installationId: ours,
      })
      return findings.flatMap(({ about, level, says }) =>
        level === 'ok' ? [] : `${about}: ${level}: ${says}`,
      )
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

test('a sound proxy has no finding', async () => {
  await using it = await publicUrl()
  expect(await it.found()).toEqual([])
})

test.for([
  [
    'does not forward Host',
    '/sign-in',
    { status: 403, text: '{"refusal":{"code":"forbidden"}}' },
    /public URL: problem: .*proxy_set_header Host/,
  ],
  [
    'removes the path',
    '/sign-in',
    { status: 404, text: 'This server answers below /todos/; a proxy in front passes …' },
    /public URL: problem: .*removes the path.*proxy_pass without a path/,
  ],
  [
    'does not reach the server',
    '/sign-in',
    { status: 502 },
    /public URL: problem: .*answers 502.*start the server, or point/,
  ],
  [
    'leads to another program',
    '/sign-in',
    { text: 'It works!' },
    /public URL: problem: .*something else than Idem/,
  ],
  [
    'leads to another installation',
    '/sign-in',
    { text: '<html data-installation="theirs">' },
    /public URL: problem: .*another installation/,
  ],
  [
    'drops the header Idem-Release',
    '/sign-in',
    { text: '<html data-installation="ours">' },
    /public URL: problem: .*drops the header/,
  ],
  [
    'closes each connection',
    '/sign-in',
    { ...sound['/sign-in'], headers: { 'idem-release': '1', connection: 'close' } },
    /public URL: warning: .*keep-alive/,
  ],
  [
    'says nothing about the client',
    '/metrics',
    { status: 200 },
    /proxy: problem: .*X-Forwarded-For/,
  ],
  [
    'caches the worker',
    '/service-worker.js',
    { headers: { 'cache-control': 'max-age=3600' } },
    /caching: problem: .*max-age=3600/,
  ],
] as const)('a proxy that %s is named with its remedy', async ([, path, answer, sentence]) => {
  await using it = await publicUrl({ [path]: answer })
  expect(await it.found()).toEqual([expect.stringMatching(sentence)])
})

test('a public URL that is the address of the server itself needs no proxy', async () => {
  await using it = await publicUrl({ '/metrics': { status: 200 } })
  expect(await it.found({ port: it.port })).toEqual([])
})

test('a public URL at which nothing answers is named', async () => {
  await using it = await publicUrl()
  expect(await it.found({ url: `http://localhost:${await freePort()}` })).toEqual([
    expect.stringMatching(
      /^public URL: warning: .*does not answer here \(.*\); is the server running/,
    ),
  ])
})

test.for([
  ['another program', { text: 'It works!' }, /^another program answers/],
  [
    'a server that cannot write',
    { status: 503, text: '{"ready":false}' },
    /cannot write to its database/,
  ],
] as const)('%s at the port of the server is named', async ([, answer, sentence]) => {
  await using it = await publicUrl({ '/readyz': answer })
  expect(await checkServer({ HOST: '127.0.0.1', PORT: it.port })).toMatchObject({
    level: 'problem',
    says: expect.stringMatching(sentence),
  })
})
