import { expect, test, vi } from 'vitest'
import { expectOneMailEach, jobsWorld } from './jobs-world.ts'

vi.setConfig({ testTimeout: 120_000 })

test('each order has one job and one mail, though server and worker are killed', async () => {
  await using it = await jobsWorld()
  // The mail server has accepted the mail, and the worker never learns it.
  const { arrived, release } = it.sink.holdNext()
  const orders = ['milk', 'tea', 'bread', 'salt', 'jam', 'rice', 'oats'].map(it.order)
  await arrived
  await it.killServer()
  await it.killWorker()
  release()
  const answers = await Promise.all(orders)
  await expectOneMailEach(it, [...answers, await it.order('figs')])
  // It cannot be helped, and the receiver recognizes the second copy.
  expect([...it.sink.mails().values()].flat().length).toBeGreaterThan(answers.length + 1)
})
