import { test, vi } from 'vitest'
import { foundSequences } from './found-sequences.ts'
import { modelWorld } from './model-world.ts'
import { runModel } from './run-model.ts'

// Two servers start for each.
vi.setConfig({ testTimeout: 60_000 })

test.for(foundSequences)('$name', async ({ steps }) => {
  await using world = await modelWorld()
  await runModel(world, steps)
})
