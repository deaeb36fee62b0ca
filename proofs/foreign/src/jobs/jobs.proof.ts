import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { expectOneMailEach, jobsWorld } from './jobs-world.ts'

vi.setConfig({ testTimeout: 600_000 })

const intents = 500
const kills = 20

test('500 orders have one job and one mail each, though server and worker are killed 20 times', async () => {
  await using it = await jobsWorld()
  const answers: number[] = []
  let next = 0
  const client = async () => {
    for (; next < intents; ) {
      next += 1
      answers.push(await it.order(`item-${next}`))
    }
  }
  const clients = Promise.all(Array.from({ length: 10 }, client))
  for (let killed = 0; killed < kills; killed += 1) {
    const orders = ((killed + 1) * intents) / (kills + 2)
    while ((await it.database.orders()) < orders) await pause(10)
    await (killed % 2 === 0 ? it.killServer() : it.killWorker())
  }
  await clients
  expect(answers).toHaveLength(intents)
  await expectOneMailEach(it, answers)
})
