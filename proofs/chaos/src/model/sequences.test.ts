import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { seedOfRun } from '../report.ts'
import { modelWorld } from './model-world.ts'
import { refusalCodes } from './refusals.ts'
import { runModel } from './run-model.ts'
import { sequences } from './step.ts'

const proving = process.env.IDEM_PROVE === 'true'
const many = proving ? 5_000 : 200
const seed = seedOfRun()

vi.setConfig({ testTimeout: 60_000 + many * 2_000 })

test('every sequence of calls gets the answers of the model', async ({ task }) => {
  await using world = await modelWorld()
  const met = new Map<string, number>()
  const property = fc.asyncProperty(sequences, async (steps) => {
    for (const name of await runModel(world, steps)) met.set(name, (met.get(name) ?? 0) + 1)
  })
  const run = await fc.check(property, { seed, numRuns: many })
  const tally = [...met].map(([name, times]) => `${times} ${name}`).join(', ')
  console.log(`${run.numRuns} sequences, seed ${seed}: ${tally}`)
  const settings = `${proving ? 'IDEM_PROVE=true ' : ''}IDEM_TEST_SEED=${seed}`
  const story = [
    `With seed ${seed}, made smaller ${run.numShrinks} times:`,
    String(run.errorInstance),
    `Again: ${settings} npx vitest run --project @idem/chaos -t '${task.name}'`,
  ]
  expect(run.failed ? story.join('\n') : '').toBe('')
  // An outcome that never occurs is not tested.
  expect([...met.keys()].sort()).toEqual(['answered', 'replayed', ...refusalCodes].sort())
})
