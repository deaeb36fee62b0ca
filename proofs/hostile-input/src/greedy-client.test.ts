import { expect, test } from 'vitest'
import { hostileWorld } from './hostile-world.ts'
import { head, rawConnection, rawExchange, statusesIn } from './raw-connection.ts'

const greedy = 20

test('a client that does not read its responses is disconnected', { timeout: 70_000 }, async () => {
  // A separate connection, so that the end of another one is not counted.
  await using world = await hostileWorld(1)
  await world.send({ path: '/docs/swagger-ui-bundle.js' })
  const before = await world.handles()
  const connections = await Promise.all(
    Array.from({ length: greedy }, () => rawConnection(world.port)),
  )
  // More than the kernel buffers for a connection.
  for (const { socket } of connections) {
    socket.pause().write(head('GET /docs/swagger-ui-bundle.js').repeat(10))
  }
  await expect.poll(world.handles).toBeGreaterThanOrEqual(before + greedy)
  // Usually 24 s; on a busy machine the server is still writing at that time.
  await expect
    .poll(world.handles, { timeout: 45_000, interval: 250 })
    .toBeLessThan(before + greedy / 4)
  for (const { socket } of connections) socket.destroy()
  expect(await world.harm()).toEqual([])
})

test('a hundred pipelined requests get a hundred responses', {
  timeout: 60_000,
}, async () => {
  await using world = await hostileWorld(1)
  const asked =
    head('GET /todos?limit=1').repeat(99) + head('GET /todos?limit=1', 'Connection: close')
  expect(statusesIn(await rawExchange(world.port, asked))).toEqual(Array(100).fill(200))
})

test('a client that pipelines without limit is disconnected immediately', {
  timeout: 60_000,
}, async () => {
  await using world = await hostileWorld(1)
  for (let times = 0; times < 10; times += 1) {
    expect(await rawExchange(world.port, head('GET /todos?limit=100').repeat(50_000))).not.toMatch(
      /HTTP\/1.1 [45]/,
    )
  }
  expect(await world.harm()).toEqual([])
})
