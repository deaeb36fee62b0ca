import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createFileHandler } from './file-handler.ts'

const script = '/_next/static/chunks/a.js'
const contents = {
  '/': ['text/html; charset=utf-8', '<p>page</p>'],
  '/404.html': ['text/html; charset=utf-8', '<p>nothing</p>'],
  '/sign-in': ['text/html; charset=utf-8', '<p>form</p>'],
  [script]: ['text/javascript; charset=utf-8', 'run()'],
  '/icon-192.png': ['image/png', 'icon'],
} as const

async function serveFiles() {
  const files = Object.entries(contents).map(([path, [type, text]]) => ({
    path,
    type,
    content: Buffer.from(text),
  }))
  const handle = createFileHandler(files)
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    /** Over `node:http`, because `fetch` decompresses. */
    ask: (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      new Promise<Answer>((resolve, reject) => {
        const asked = request({ port, path, headers, method }, async (response) => {
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk)
          const { statusCode: status, headers } = response
          resolve({ status, headers, body: Buffer.concat(chunks) })
        })
        asked.on('error', reject)
        asked.end()
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Answer = {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

test('a file has its type and length, whatever the query', async () => {
  await using server = await serveFiles()
  for (const path of ['/', '/?show=open', '/?']) {
    const { status, headers, body } = await server.ask(path)
    expect({ status, text: body.toString() }).toEqual({ status: 200, text: '<p>page</p>' })
    expect(headers).toMatchObject({ 'content-type': contents['/'][0], 'content-length': '11' })
  }
})

test('a page with a slash behind it is found below any prefix, and an unknown path is not', async () => {
  await using server = await serveFiles()
  const { status, headers } = await server.ask('/sign-in/?from=mail')
  expect(status).toBe(308)
  const seen = 'https://example.org/prefix/sign-in/?from=mail'
  const target = new URL(String(headers.location), seen)
  expect(target.href).toBe('https://example.org/prefix/sign-in?from=mail')
  expect((await server.ask('/nothing/')).status).toBe(404)
})

test('only a file whose name contains its hash is kept without asking again', async () => {
  await using server = await serveFiles()
  const kept = 'public, max-age=31536000, immutable'
  expect((await server.ask(script)).headers['cache-control']).toBe(kept)
  for (const path of ['/', '/icon-192.png', '/unknown']) {
    expect((await server.ask(path)).headers['cache-control']).toBe('no-cache')
  }
})

test('a client that has the file gets no body', async () => {
  await using server = await serveFiles()
  const etag = `${(await server.ask('/')).headers.etag}`
  for (const known of [etag, `"x", ${etag}`, '*']) {
    const { status, body } = await server.ask('/', { 'if-none-match': known })
    expect({ status, length: body.length }).toEqual({ status: 304, length: 0 })
  }
  expect((await server.ask(script, { 'if-none-match': etag })).status).toBe(200)
})

test.for(['gzip', 'br, gzip', 'GZIP;q=0.5', 'gzip; q=1.0'])(
  'a client that accepts "%s" gets a compressed file',
  async (coding) => {
    await using server = await serveFiles()
    const { headers, body } = await server.ask(script, { 'accept-encoding': coding })
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': `${body.length}`,
      vary: 'accept-encoding',
    })
    expect(gunzipSync(body).toString()).toBe('run()')
  },
)

test.for(['', 'br', 'gzip;q=0', 'gzip; q=0.0, br'])(
  'a client that accepts "%s" gets the file as it is',
  async (coding) => {
    await using server = await serveFiles()
    const { headers, body } = await server.ask(script, { 'accept-encoding': coding })
    expect(headers['content-encoding']).toBeUndefined()
    expect(body.toString()).toBe('run()')
  },
)

test('a picture is not compressed a second time', async () => {
  await using server = await serveFiles()
  const { headers } = await server.ask('/icon-192.png', { 'accept-encoding': 'gzip' })
  expect(headers['content-encoding']).toBeUndefined()
})

test('HEAD has the headers of GET and no body', async () => {
  await using server = await serveFiles()
  const { date: _, ...expected } = (await server.ask(script)).headers
  const { headers, body } = await server.ask(script, {}, 'HEAD')
  expect(headers).toMatchObject(expected)
  expect(body).toHaveLength(0)
})

test.for([
  '/unknown',
  '/index.html',
  '/%E0%A4%A',
  '/..%2f..%2fetc/passwd',
  '/../a',
  '/constructor',
])('the path %s is no file of the page, which says so with 404', async (path) => {
  await using server = await serveFiles()
  const { status, body } = await server.ask(path)
  expect({ status, text: body.toString() }).toEqual({ status: 404, text: '<p>nothing</p>' })
})
