import { expect, test } from 'vitest'
import { createServerClock } from './server-clock.ts'

test("the server's time corrects a wrong device clock", () => {
  const device = Date.parse('2020-01-01T00:00:01.000Z')
  const clock = createServerClock(() => device)
  expect(clock.now()).toBe(device)

  // The question left 1 s ago, so the answer is about half a second old.
  clock.learn('2026-11-24T10:00:00.000Z', device - 1_000)
  expect(clock.now()).toBe(Date.parse('2026-11-24T10:00:00.500Z'))

  clock.learn('2026-11-24T11:00:00.000Z')
  expect(clock.now()).toBe(Date.parse('2026-11-24T11:00:00.000Z'))
  for (const nothing of ['not a time', undefined]) {
    clock.learn(nothing)
    expect(clock.now()).toBe(Date.parse('2026-11-24T11:00:00.000Z'))
  }
})
