import type { IncomingMessage } from 'node:http'
import { expect, test, vi } from 'vitest'
import { createCallerOf } from './caller-of.ts'
import { createCookies } from './cookies.ts'

const key = `idem_${'k'.repeat(43)}`

async function ask(
  headers: Readonly<Record<string, string>>,
  { method = 'POST', isAway = false, onRefused = (_: unknown) => {} } = {},
) {
  const owners: Readonly<Record<string, string>> = { [key]: 'ann', session: 'ann' }
  const ownerOf = async (token: string) => {
    if (isAway) throw new Error('The database is away.')
    return owners[token]
  }
  const cookies = createCookies({ origin: 'https://todo.example', basePath: '' })
  const callerOf = createCallerOf({ accounts: { ownerOf }, cookies, onRefused })
  return callerOf({ method, headers } as unknown as IncomingMessage)
}

const authorization = `Bearer ${key}`
const cookie = '__Host-idem-session=session'
const ann = { owner: 'ann', from: 'ann' }

test('an API key and a session cookie name their account', async () => {
  expect(await ask({ authorization })).toEqual(ann)
  expect(await ask({ cookie: `a=b; ${cookie}`, 'idem-account': 'ann' })).toEqual(ann)
  expect(await ask({ cookie }, { method: 'GET' })).toEqual(ann)
})

test.for([
  ['nothing', {}, 'unauthenticated'],
  ['an unknown key', { authorization: `Bearer idem_${'x'.repeat(43)}` }, 'unauthenticated'],
  ['a session as a key', { authorization: 'Bearer session' }, 'unauthenticated'],
  ['both', { authorization, cookie }, 'invalid_input'],
  ['a cookie without the name of the account', { cookie }, 'forbidden'],
  ['the name of another account', { cookie, 'idem-account': 'bob' }, 'other_account'],
  [
    'a key and the name of another account',
    { authorization, 'idem-account': 'bob' },
    'other_account',
  ],
] as const)('a change with %s is refused', async ([, headers, code]) => {
  await expect(ask(headers)).rejects.toMatchObject({ refusal: { code } })
})

test.for([
  [
    'an unknown key',
    { authorization: `Bearer idem_${'x'.repeat(43)}` },
    'unauthenticated',
    undefined,
  ],
  ['a cookie without the name of the account', { cookie }, 'forbidden', 'ann'],
  ['the name of another account', { cookie, 'idem-account': 'bob' }, 'other_account', 'ann'],
] as const)('a refused call with %s is told to the log', async ([, headers, refusal, owner]) => {
  const onRefused = vi.fn()
  await expect(ask(headers, { onRefused })).rejects.toThrow()
  expect(onRefused.mock.calls).toEqual([[{ refusal, owner }]])
})

test('a failed look-up is unavailable and not a missing sign-in', async () => {
  await expect(ask({ authorization }, { isAway: true })).rejects.toMatchObject({
    code: 'unavailable',
    retry: 'same_key',
  })
})
