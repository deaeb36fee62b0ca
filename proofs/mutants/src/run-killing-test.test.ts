import { expect, inject, test, vi } from 'vitest'
import { killingTest } from './killing-test.ts'
import { runKillingTest } from './run-killing-test.ts'

vi.setConfig({ testTimeout: 120_000 })

const file = 'packages/idempotency/src/timed-key.test.ts'

test('a mutant that its test does not notice is reported alive', async () => {
  const killedBy = killingTest(file, 'a UUIDv7 says to the millisecond when it was minted')
  const result = await runKillingTest({ name: 'hard-delete', killedBy }, inject('postgresUrl'))
  expect(result).toEqual({ state: 'alive' })
})

test('a killing test that is not there any more is reported, and kills nothing', async () => {
  const killedBy = killingTest(file, 'a test of this name was renamed')
  const result = await runKillingTest({ name: 'hard-delete', killedBy }, inject('postgresUrl'))
  expect(result).toMatchObject({ state: 'not_tested', why: expect.stringContaining('0 did') })
})

test('a mutant nobody knows ends the run with its sentence', async () => {
  const killedBy = killingTest(file, 'a UUIDv7')
  const result = await runKillingTest({ name: 'no-such', killedBy }, inject('postgresUrl'))
  expect(result).toMatchObject({
    state: 'not_tested',
    why: expect.stringContaining('There is no mutant "no-such"'),
  })
})
