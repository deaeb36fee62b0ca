import { afterAll, test, vi } from 'vitest'
import { foundSequences } from './found-sequences.ts'
import { modelWorld } from './model-world.ts'
import { runModel } from './run-model.ts'

vi.setConfig({ testTimeout: 60_000 })

const world = await modelWorld()
afterAll(() => world[Symbol.asyncDispose]())

test.for(foundSequences)('$name', async ({ steps }) => {
  await runModel(world, steps)
})
