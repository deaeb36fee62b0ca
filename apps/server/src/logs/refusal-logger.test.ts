import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { refusalLogger } from './refusal-logger.ts'

test('refusals are logged at most once a second for each kind, with the number of the others', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const lines: string[] = []
  const log = refusalLogger(pino({ base: null }, { write: (line) => lines.push(line) }))
  const unknown = { refusal: 'unauthenticated', owner: undefined } as const
  for (let at = 0; at < 3; at += 1) log.call(unknown)
  for (const action of ['sign-in', 'sign-in', 'claim']) log.action({ action, outcome: 'too_many' })
  log.call({ refusal: 'other_account', owner: 'ann' })
  vi.advanceTimersByTime(1_000)
  log.call(unknown)
  log.action({ action: 'sign-in', outcome: 'too_many' })
  vi.useRealTimers()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { refusal: 'unauthenticated', more: 0, msg: 'call refused' },
    { action: 'sign-in', outcome: 'too_many', more: 0, msg: 'sign-in' },
    { action: 'claim', outcome: 'too_many', more: 0 },
    { refusal: 'other_account', owner: 'ann', more: 0 },
    { refusal: 'unauthenticated', more: 2 },
    { action: 'sign-in', outcome: 'too_many', more: 1 },
  ])
})
