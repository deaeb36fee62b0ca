import { expect, inject, test, vi } from 'vitest'
import { runKillingTest } from './run-killing-test.ts'

vi.setConfig({ testTimeout: 120_000 })

test('a mutant that its test does not detect is reported alive', async () => {
  const killedBy =
    'packages/idempotency/src/intent.test.ts > a UUIDv7 contains its time to the millisecond'
  const result = await runKillingTest({ name: 'hard-delete', killedBy }, inject('postgresUrl'))
  expect(result).toEqual({ state: 'alive' })
})
