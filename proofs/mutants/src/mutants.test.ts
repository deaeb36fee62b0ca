// For the types of values provided to all tests.
import type {} from '@idem/test-support/scratch-database'
import { expect, inject, test, vi } from 'vitest'
import { mutants } from './mutants.ts'
import { runKillingTest } from './run-killing-test.ts'

// Two cores: a third run would only wait, and its time-outs would fire.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 2 })

/** A killing test must be fast enough to run during development. */
const quickMs = 10_000

/** The dozen of `npm test`: one for each promise of the README, the batch, the owner and the device. */
const everyRun = [
  'look-then-insert',
  'key-twice-in-a-batch',
  'key-before-effect',
  'jsonb-answer',
  'no-fingerprint',
  'batch-key-without-owner',
  'answers-before-commit',
  'unknown-as-success',
  'half-an-effect',
  'window-beyond-retention',
  'hard-delete',
  'new-key-per-attempt',
]
const isProving = process.env.IDEM_PROVE === 'true'
const chosen = isProving ? mutants : mutants.filter(({ name }) => everyRun.includes(name))

test('npm test runs a dozen', () => {
  expect(chosen.length).toBe(isProving ? mutants.length : everyRun.length)
})

test.concurrent.each(chosen)('kills: $name', async (mutant) => {
  const { fault, killedBy } = mutant
  const result = await runKillingTest(mutant, inject('postgresUrl'))
  if (result.state === 'not_tested') throw new Error(result.why)
  if (result.state === 'alive') throw new Error(`"${killedBy}" passed. ${fault}`)
  expect(result.tookMs).toBeLessThan(quickMs)
})
