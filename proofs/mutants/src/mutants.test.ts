// For what is provided to all tests, which is declared where it is used.
import type {} from '@idem/test-support/scratch-database'
import { afterAll, expect, inject, test, vi } from 'vitest'
import { mutants } from './mutants.ts'
import { runKillingTest } from './run-killing-test.ts'
import { table } from './table.ts'

// Two cores: a third run would only wait, and tests with time-outs with it.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 2 })

/** Whoever changes the code is to be told while he still looks at it. */
const quickMs = 10_000
const killed = new Map<string, string[]>()

test.concurrent.each(mutants)('kills: $name', async (mutant) => {
  const { name, what, killedBy } = mutant
  const fate = await runKillingTest(mutant, inject('postgresUrl'))
  if (fate.state === 'not_tested') throw new Error(fate.why)
  if (fate.state === 'alive') throw new Error(`"${killedBy.test}" passed. ${what}`)
  expect(fate.tookMs).toBeLessThan(quickMs)
  const seconds = (fate.tookMs / 1_000).toFixed(1)
  killed.set(name, [name, what, killedBy.project, killedBy.test, seconds])
})

afterAll(() => {
  const rows = mutants.map(({ name }) => killed.get(name)).filter((row) => row !== undefined)
  console.log(table([['mutant', 'what it breaks', 'killed by', 'in the test', 's'], ...rows]))
})
