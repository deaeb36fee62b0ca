import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createMetricsGuard } from './metrics-guard.ts'

const token = '0123456789abcdef0123456789abcdef'

function request(headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') {
  // The guard reads nothing else of a request.
  return {
    headers: { host: 'localhost:3000', ...headers },
    socket: { remoteAddress },
  } as unknown as IncomingMessage
}

test.for(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])(
  'a direct request from %s is allowed, with and without a token',
  (address) => {
    for (const configured of [undefined, token]) {
      const refusalOf = createMetricsGuard(configured)
      expect(refusalOf(request({}, address))).toBeUndefined()
      expect(refusalOf(request({ host: '127.0.0.1:3000' }, address))).toBeUndefined()
      expect(refusalOf(request({ host: '[::1]:3000' }, address))).toBeUndefined()
      expect(refusalOf(request({ host: 'LOCALHOST' }, address))).toBeUndefined()
    }
  },
)

const forwarded: [sign: string, request: IncomingMessage][] = [
  ...[
    'forwarded',
    'x-forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-anything',
    'x-real-ip',
    'via',
  ].map((name): [string, IncomingMessage] => [name, request({ [name]: '' })]),
  ['the host name of a proxy', request({ host: 'todo.example' })],
  ['no host at all', request({ host: '' })],
  ['a network address', request({}, '192.168.0.7')],
  ['an address that starts like loopback', request({}, '::ffff:12.7.0.1')],
]

test.for(forwarded)(
  'a request with %s counts as forwarded and is refused without a token',
  ([, sent]) => {
    expect(createMetricsGuard(undefined)(sent)).toBe('forbidden')
    expect(createMetricsGuard(token)(sent)).toBe('unauthenticated')
  },
)

test.for([`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token}`])(
  'a forwarded request with "%s" is allowed',
  (authorization) => {
    expect(createMetricsGuard(token)(request({ via: '1.1 x', authorization }))).toBeUndefined()
    expect(createMetricsGuard(undefined)(request({ via: '1.1 x', authorization }))).toBe(
      'forbidden',
    )
  },
)

test.for([
  '',
  'Bearer',
  'Bearer ',
  token,
  `Basic ${token}`,
  `Bearer ${token.slice(1)}`,
  `Bearer ${token}0`,
  `Bearer ${token.toUpperCase()}`,
  `Bearer x, Bearer ${token}`,
  `Bearer ${'x'.repeat(10_000)}`,
])('a forwarded request with "%s" is refused', (authorization) => {
  expect(createMetricsGuard(token)(request({ via: '1.1 x', authorization }))).toBe(
    'unauthenticated',
  )
})
