import { expect, test } from 'vitest'
import { codeOf } from './code-of.ts'

const coded = (code: unknown, cause?: unknown) =>
  Object.assign(new Error('failed', { cause }), { code })

test.for(['40001', '23505', 'P0001', 'P0004', 'XX000', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN'])(
  '%s is found, also where a framework wrapped the error',
  (code) => {
    expect(codeOf(coded(code))).toBe(code)
    expect(codeOf(coded('INTERNAL_SERVER_ERROR', coded(code)))).toBe(code)
    expect(codeOf(new Error('wrapped', { cause: coded('CONFLICT', coded(code)) }))).toBe(code)
  },
)

test('a driver error without a code is recognised by its message, also in a cause', () => {
  const lost = new Error('Connection terminated unexpectedly')
  expect(codeOf(new Error('wrapped', { cause: lost }))).toBe('connection_lost')
})

test.for(['P2025', 'P1011', 'NOT_FOUND', 'ERR_INVALID_ARG_TYPE', 'OTHER', 'hello', 7])(
  '%s is no code of a database',
  (code) => {
    expect(codeOf(coded(code))).toBeUndefined()
  },
)

test('an error that is its own cause causes no endless loop', () => {
  const error = new Error('round')
  error.cause = error
  expect(codeOf(error)).toBeUndefined()
})
