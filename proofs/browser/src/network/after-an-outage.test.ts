import { expect, test, vi } from 'vitest'
import { browserWorld } from '../support/browser-world.ts'

vi.setConfig({ testTimeout: 60_000 })

test('after an outage of a minute the first answer of the server releases all todos that wait', async () => {
  await using world = await browserWorld()
  const { screen, context } = world
  const { page } = screen
  await context.route('**/api/**', (route) => route.abort('connectionrefused'))
  await page.clock.install()
  for (let count = 1; count <= 6; count += 1) await screen.add(`Row ${count}`)
  await screen.stored(6)
  // In steps, so that each attempt ends before the clock goes on.
  for (let second = 0; second < 60; second += 2) {
    await page.clock.runFor(2_000)
    await screen.stored(6)
  }
  await page.getByText('Saved on this device, waiting for network (6)').waitFor()
  await context.unroute('**/api/**')
  await screen.refetch()
  await page.clock.runFor(2_000)
  await expect.poll(() => world.proxy.passed('createTodo').length).toBe(6)
  await screen.stored(0)
})
