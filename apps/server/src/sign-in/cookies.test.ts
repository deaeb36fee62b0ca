import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createCookies } from './cookies.ts'

const tokens = { token: 'session', device: 'device' }

test.for([
  ['https://todo.example', { host: 'todo.example', origin: 'https://todo.example' }, 'secure'],
  ['https://todo.example', { host: 'localhost:3000', 'x-forwarded-for': '192.0.2.1' }, 'secure'],
  // A proxy that hides itself and the name of the page.
  ['https://todo.example', { host: '127.0.0.1:3000', origin: 'https://todo.example' }, 'secure'],
  ['https://todo.example', { host: 'localhost:3000', origin: 'http://localhost:3000' }, 'plain'],
  ['http://localhost:3000', { host: 'localhost:3000' }, 'plain'],
] as const)(
  'the server of %s gives a request with %o %s cookies',
  ([publicOrigin, headers, kind]) => {
    const cookies = createCookies({ origin: publicOrigin, basePath: '' })
    const request = { headers } as unknown as IncomingMessage
    const form =
      kind === 'secure'
        ? /^__Host-idem-\w+=\w+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=\d+$/
        : /^idem-\w+=\w+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/
    const set = cookies.signedIn(request, tokens)
    const later = [...cookies.begun(request, 'step'), ...cookies.renewed(request, 'session')]
    for (const cookie of [...set, ...later]) expect(cookie).toMatch(form)
    const [session, device] = set.map((cookie) => cookie.split(';', 1)[0])
    const sent = { headers: { ...headers, cookie: `a=b; ${session}; ${device}` } }
    expect(cookies.session(sent as unknown as IncomingMessage)).toBe('session')
    expect(cookies.device(sent as unknown as IncomingMessage)).toBe('device')
  },
)

test('below a path the cookies are for that path only, and those of an installation above are not read', () => {
  const below = createCookies({ origin: 'https://home.example', basePath: '/todos' })
  const root = createCookies({ origin: 'https://home.example', basePath: '' })
  const headers = { host: 'home.example', origin: 'https://home.example' }
  const request = { headers } as unknown as IncomingMessage
  for (const cookie of below.signedIn(request, tokens)) {
    expect(cookie).toMatch(
      /^__Secure-idem-\w+=\w+; Path=\/todos\/; HttpOnly; SameSite=Lax; Secure; /,
    )
  }
  expect(below.signedOut(request).join()).toContain('; Path=/todos/; ')
  const sent = (cookie: string) =>
    ({ headers: { ...headers, cookie } }) as unknown as IncomingMessage
  const ofRoot = root.signedIn(request, tokens).join('; ')
  expect(below.session(sent(ofRoot))).toBeUndefined()
  const longestFirst = '__Secure-idem-session=own; __Secure-idem-session=above'
  expect(below.session(sent(longestFirst))).toBe('own')
})
