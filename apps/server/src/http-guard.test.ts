import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createHttpGuard } from './http-guard.ts'

const guard = createHttpGuard(['todo.example'])
const ask = (headers: Record<string, string>, method = 'POST') =>
  // The guard looks at nothing else of a request.
  guard({
    headers: { host: 'localhost:3000', ...headers },
    rawHeaders: [],
    method,
  } as unknown as IncomingMessage)

test.for([
  'localhost',
  'localhost:3000',
  '127.0.0.1:3000',
  '[::1]:3000',
  'LOCALHOST',
  'todo.example',
])('a request to %s is served', (host) => {
  expect(() => ask({ host })).not.toThrow()
})

test.for([
  'evil.example',
  'localhost.evil.example',
  'evil.example:3000',
  '',
  '127.0.0.1.evil.example',
])('a request to "%s", a name that is not ours, is refused whatever it asks', (host) => {
  expect(() => ask({ host })).toThrow()
  expect(() => ask({ host }, 'GET')).toThrow()
})

test('a request that names two hosts is refused, though the first is ours', () => {
  const two = (rawHeaders: string[]) =>
    guard({ headers: { host: 'localhost' }, rawHeaders, method: 'GET' } as IncomingMessage)
  expect(() => two(['Host', 'localhost', 'host', 'evil.example'])).toThrow()
  expect(() => two(['Host', 'localhost', 'accept', 'host'])).not.toThrow()
})

test.for(['http://localhost:3000', 'https://todo.example', 'http://127.0.0.1:8080'])(
  'a page of %s may change things',
  (origin) => {
    expect(() => ask({ origin })).not.toThrow()
  },
)

test.for(['http://evil.example', 'null', 'http://localhost.evil.example', 'localhost'])(
  'a page of %s may not',
  (origin) => {
    expect(() => ask({ origin })).toThrow(expect.objectContaining({ name: 'RefusalError' }))
  },
)

test('what a browser calls cross-site may not change anything, but may be read', () => {
  expect(() => ask({ 'sec-fetch-site': 'cross-site' })).toThrow()
  expect(() => ask({ 'sec-fetch-site': 'cross-site' }, 'GET')).not.toThrow()
  expect(() => ask({ 'sec-fetch-site': 'same-origin' })).not.toThrow()
})
