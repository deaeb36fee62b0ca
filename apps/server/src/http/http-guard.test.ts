import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createHttpGuard } from './http-guard.ts'

const guard = createHttpGuard(['todo.example', '[2001:db8::7]'])
const ask = (headers: Record<string, string>, method = 'POST') =>
  // The guard reads nothing else of a request.
  guard({
    headers: { host: 'localhost:3000', ...headers },
    rawHeaders: [],
    method,
  } as unknown as IncomingMessage)

test.for([
  'localhost',
  'localhost:3000',
  '127.0.0.1:3000',
  '127.0.0.5:3000',
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
  '127.evil.example',
  '127.0.0.1.5',
])('a request to the unknown host "%s" is refused for every method', (host) => {
  expect(() => ask({ host })).toThrow()
  expect(() => ask({ host }, 'GET')).toThrow()
})

test('a request with two Host headers is refused even if the first is valid', () => {
  const two = (rawHeaders: string[]) =>
    guard({ headers: { host: 'localhost' }, rawHeaders, method: 'GET' } as IncomingMessage)
  expect(() => two(['Host', 'localhost', 'host', 'evil.example'])).toThrow()
  expect(() => two(['Host', 'localhost', 'accept', 'host'])).not.toThrow()
})

test.for([
  ['http://localhost:3000', 'localhost:3000'],
  ['http://localhost:3000', 'LOCALHOST:3000'],
  ['HTTP://LOCALHOST:3000', 'localhost:3000'],
  ['http://127.0.0.1:8080', '127.0.0.1:8080'],
  ['http://[::1]:3000', '[::1]:3000'],
  ['http://localhost', 'localhost'],
  ['http://localhost', 'localhost:80'],
  ['http://localhost:80', 'localhost'],
  ['https://localhost', 'localhost:443'],
  ['https://todo.example', 'todo.example'],
  ['https://todo.example', 'todo.example:443'],
  ['https://todo.example', 'localhost:3000'],
  ['https://todo.example:8443', 'localhost:3000'],
  ['https://[2001:db8::7]', 'localhost:3000'],
])('a page of %s may send mutations to %s', ([origin = '', host = '']) => {
  expect(() => ask({ origin, host })).not.toThrow()
})

test.for([
  ['http://evil.example', 'localhost:3000'],
  ['null', 'localhost:3000'],
  ['', 'localhost:3000'],
  ['localhost:3000', 'localhost:3000'],
  ['http://localhost.evil.example', 'localhost:3000'],
  ['http://localhost:3000@evil.example', 'localhost:3000'],
  ['http://localhost:3000, http://evil.example', 'localhost:3000'],
  ['foo://todo.example', 'localhost:3000'],
  ['chrome-extension://todo.example', 'localhost:3000'],
  // Other programs on this machine, and this server under another of its names.
  ['http://127.0.0.1:1', '127.0.0.1:3000'],
  ['http://localhost:8080', 'localhost:3000'],
  ['http://localhost', 'localhost:3000'],
  ['http://localhost:3000', 'localhost'],
  ['https://localhost', 'localhost:80'],
  ['http://127.0.0.1:3000', 'localhost:3000'],
  ['http://[::1]:3000', 'localhost:3000'],
  ['http://localhost:3000', '127.0.0.1:3000'],
  ['http://localhost:3000', 'todo.example'],
  ['http://localhost:99999', 'localhost:99999'],
])('a page of "%s" may not send mutations to %s', ([origin = '', host = '']) => {
  const refused = expect.objectContaining({
    refusal: expect.objectContaining({ code: 'forbidden' }),
  })
  expect(() => ask({ origin, host })).toThrow(refused)
  expect(() => ask({ origin, host }, 'GET')).not.toThrow()
})

test('a loopback name on the list does not admit pages of other local ports', () => {
  const listed = createHttpGuard(['localhost', '127.0.0.1'])
  const headers = { host: 'localhost:3000', origin: 'http://localhost:8080' }
  expect(() =>
    listed({ headers, rawHeaders: [], method: 'POST' } as unknown as IncomingMessage),
  ).toThrow()
})

const withSignIn = createHttpGuard(['proxied.example'], 'https://todo.example:8443')
const askSignedIn = (headers: Record<string, string>) => () =>
  withSignIn({ headers, rawHeaders: [], method: 'POST' } as unknown as IncomingMessage)

test('with sign-in only pages of exactly the public origin may send mutations', () => {
  const origin = 'https://todo.example:8443'
  expect(askSignedIn({ origin, host: 'todo.example:8443' })).not.toThrow()
  expect(askSignedIn({ origin, host: 'localhost:3000' })).not.toThrow()
  for (const other of [
    'https://todo.example',
    'https://todo.example:8444',
    'http://todo.example:8443',
    'https://proxied.example',
  ]) {
    expect(askSignedIn({ origin: other, host: new URL(other).host }), other).toThrow()
  }
})

test('with sign-in a page that this machine opened at the address of the server may send mutations', () => {
  const direct = { origin: 'http://localhost:3000', host: 'localhost:3000' }
  expect(askSignedIn(direct)).not.toThrow()
  expect(askSignedIn({ origin: 'http://127.0.0.1:80', host: '127.0.0.1:80' })).not.toThrow()
  expect(askSignedIn({ ...direct, origin: 'http://localhost:8080' })).toThrow()
  expect(askSignedIn({ ...direct, origin: 'https://localhost:3000' })).toThrow()
  expect(askSignedIn({ ...direct, host: 'todo.example:8443' })).toThrow()
  for (const header of ['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'via', 'x-real-ip']) {
    expect(askSignedIn({ ...direct, [header]: '192.0.2.1' }), header).toThrow()
  }
})

test('a cross-site request may read but not change anything', () => {
  expect(() => ask({ 'sec-fetch-site': 'cross-site' })).toThrow()
  expect(() => ask({ 'sec-fetch-site': 'cross-site' }, 'GET')).not.toThrow()
  expect(() => ask({ 'sec-fetch-site': 'same-origin' })).not.toThrow()
})

test('a same-site request from another local port needs an allowed origin', () => {
  const site = { 'sec-fetch-site': 'same-site' }
  expect(() => ask(site)).toThrow()
  expect(() => ask({ ...site, origin: 'http://localhost:8080' })).toThrow()
  expect(() => ask({ ...site, origin: 'https://todo.example' })).not.toThrow()
})
