// For the types of values provided to all tests.
import type {} from '@idem/test-support/scratch-database'
import { afterAll, expect, inject, test, vi } from 'vitest'
import { mutants } from './mutants.ts'
import { runKillingTest } from './run-killing-test.ts'
import { table } from './text-table.ts'

// Two cores: a third run would only wait, and its time-outs would fire.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 2 })

/** A killing test must be fast enough to run during development. */
const quickMs = 10_000
const killed = new Map<string, string[]>()

test.concurrent.each(mutants)('kills: $name', async (mutant) => {
  const { name, what, killedBy } = mutant
  const result = await runKillingTest(mutant, inject('postgresUrl'))
  if (result.state === 'not_tested') throw new Error(result.why)
  if (result.state === 'alive') throw new Error(`"${killedBy.test}" passed. ${what}`)
  expect(result.tookMs).toBeLessThan(quickMs)
  const seconds = (result.tookMs / 1_000).toFixed(1)
  killed.set(name, [name, what, killedBy.project, killedBy.test, seconds])
})

afterAll(() => {
  const rows = mutants.map(({ name }) => killed.get(name)).filter((row) => row !== undefined)
  console.log(table([['mutant', 'what it breaks', 'killed by', 'in the test', 's'], ...rows]))
})
