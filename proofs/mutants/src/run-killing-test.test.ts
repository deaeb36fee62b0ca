import { expect, inject, test, vi } from 'vitest'
import { killingTest } from './killing-test.ts'
import { runKillingTest } from './run-killing-test.ts'

vi.setConfig({ testTimeout: 120_000 })

const file = 'packages/idempotency/src/records/time-ordered-key.test.ts'

test('a mutant that its test does not detect is reported alive', async () => {
  const killedBy = killingTest(file, 'a UUIDv7 contains its time to the millisecond')
  const result = await runKillingTest({ name: 'hard-delete', killedBy }, inject('postgresUrl'))
  expect(result).toEqual({ state: 'alive' })
})

test('a missing killing test is reported and does not count as a kill', async () => {
  const killedBy = killingTest(file, 'a test of this name was renamed')
  const result = await runKillingTest({ name: 'hard-delete', killedBy }, inject('postgresUrl'))
  expect(result).toMatchObject({ state: 'not_tested', why: expect.stringContaining('0 did') })
})

test('an unknown mutant ends the run with a readable error', async () => {
  const killedBy = killingTest(file, 'a UUIDv7')
  const result = await runKillingTest({ name: 'no-such', killedBy }, inject('postgresUrl'))
  expect(result).toMatchObject({
    state: 'not_tested',
    why: expect.stringContaining('There is no mutant "no-such"'),
  })
})
