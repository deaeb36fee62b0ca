import { test } from 'vitest'
import { foundSequences } from './found-sequences.ts'
import { modelWorld } from './model-world.ts'
import { runModel } from './run-model.ts'

test.for(foundSequences)('$name', async ({ steps }) => {
  await using world = await modelWorld()
  await runModel(world, steps)
})
