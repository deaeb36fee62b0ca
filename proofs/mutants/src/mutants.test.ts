// For the types of values provided to all tests.
import type {} from '@idem/test-support/scratch-database'
import { afterAll, expect, inject, test, vi } from 'vitest'
import { everyRunMutants } from './every-run-mutants.ts'
import { mutants } from './mutants.ts'
import { runKillingTest } from './run-killing-test.ts'
import { table } from './text-table.ts'

// Two cores: a third run would only wait, and its time-outs would fire.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 2 })

/** A killing test must be fast enough to run during development. */
const quickMs = 10_000
const killed = new Map<string, string[]>()

/** Each takes one or two seconds. */
const chosen = process.env.IDEM_PROVE === 'true' ? mutants : everyRunMutants

test.concurrent.each(chosen)('kills: $name', async (mutant) => {
  const { name, fault, killedBy } = mutant
  const result = await runKillingTest(mutant, inject('postgresUrl'))
  if (result.state === 'not_tested') throw new Error(result.why)
  if (result.state === 'alive') throw new Error(`"${killedBy.test}" passed. ${fault}`)
  expect(result.tookMs).toBeLessThan(quickMs)
  const seconds = (result.tookMs / 1_000).toFixed(1)
  killed.set(name, [name, fault, killedBy.project, killedBy.test, seconds])
})

afterAll(() => {
  const rows = mutants.map(({ name }) => killed.get(name)).filter((row) => row !== undefined)
  console.log(table([['mutant', 'fault', 'killed by', 'in the test', 's'], ...rows]))
})
