import { expect, test } from 'vitest'
import { hostileWorld } from './hostile-world.ts'
import { head, rawConnection } from './raw-connection.ts'

const greedy = 20

test('whoever asks for much and takes nothing is cut off', { timeout: 50_000 }, async () => {
  // One connection of its own, so that nobody else's end is taken for theirs.
  await using world = await hostileWorld(1)
  await world.send({ path: '/docs/swagger-ui-bundle.js' })
  const before = await world.handles()
  const connections = await Promise.all(
    Array.from({ length: greedy }, () => rawConnection(world.port)),
  )
  // More than the kernel keeps for a connection.
  for (const { socket } of connections) {
    socket.pause().write(head('GET /docs/swagger-ui-bundle.js').repeat(10))
  }
  await expect.poll(world.handles).toBeGreaterThanOrEqual(before + greedy)
  await expect
    .poll(world.handles, { timeout: 30_000, interval: 250 })
    .toBeLessThan(before + greedy / 4)
  for (const { socket } of connections) socket.destroy()
  expect(await world.harm()).toEqual([])
})
