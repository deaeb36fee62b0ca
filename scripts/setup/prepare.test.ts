import { afterEach, expect, test, vi } from 'vitest'
import { nextVariables } from './prepare.mjs'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('a start by another command of the repository does not build the page again', () => {
  vi.stubEnv('NEXT_TELEMETRY_DISABLED', undefined)
  const byPerson = nextVariables()
  vi.stubEnv('NEXT_TELEMETRY_DISABLED', '1')
  expect(nextVariables()).toEqual(byPerson)
})
