import { afterEach, expect, test, vi } from 'vitest'
import { authRequest } from './auth-request.ts'

afterEach(() => vi.unstubAllGlobals())

const refusing = (refusal: object) => async () => Response.json({ refusal }, { status: 429 })

test('a server that asks to wait is quoted in words, and never shortened', async () => {
  const words = async (retryAfterMs: number, code = 'too_many') => {
    vi.stubGlobal('fetch', refusing({ code, retryAfterMs }))
    const answer = await authRequest('sign-in', {})
    return answer.state === 'failed' && answer.words
  }
  expect(await words(899_001)).toBe('Too many attempts. Try again in 15 minutes.')
  expect(await words(30_000)).toBe('Too many attempts. Try again in 30 seconds.')
  expect(await words(0)).toBe('Too many attempts. Try again later.')
  expect(await words(1_000, 'unavailable')).toBe(
    'The server cannot do this now. Try again in a second.',
  )
})

test('a lost answer says nothing about the password', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  expect(await authRequest('sign-in', {})).toMatchObject({ state: 'failed', code: undefined })
})
