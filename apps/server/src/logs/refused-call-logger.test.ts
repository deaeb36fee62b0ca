import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { refusedCallLogger } from './refused-call-logger.ts'

test('refused calls are logged at most once a second for each code, with the number of the others', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const lines: string[] = []
  const log = refusedCallLogger(pino({ base: null }, { write: (line) => lines.push(line) }))
  for (let at = 0; at < 3; at += 1) log({ refusal: 'unauthenticated', owner: undefined })
  log({ refusal: 'other_account', owner: 'ann' })
  vi.advanceTimersByTime(1_000)
  log({ refusal: 'unauthenticated', owner: undefined })
  vi.useRealTimers()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { refusal: 'unauthenticated', more: 0, msg: 'call refused' },
    { refusal: 'other_account', owner: 'ann', more: 0 },
    { refusal: 'unauthenticated', more: 2 },
  ])
})
