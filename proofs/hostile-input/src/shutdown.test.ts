import { expect, test } from 'vitest'
import { hostileWorld } from './hostile-world.ts'
import { head, rawConnection, statusesIn } from './raw-connection.ts'

test('silent connections after an upgrade request do not delay the shutdown', async () => {
  await using world = await hostileWorld()
  // Next adds its listener at the first request for the page.
  await world.send({ path: '/' })
  const connections = await Promise.all(
    ['/', '/todos', '/_next/webpack-hmr', '/api/trpc/listTodos'].map(async (path) => {
      const connection = await rawConnection(world.port)
      connection.socket.write(head(`GET ${path}`, 'Upgrade: websocket', 'Connection: upgrade'))
      await connection.answered
      return connection
    }),
  )
  const started = performance.now()
  expect(await world.end()).toEqual({ code: 0, signal: null })
  expect(performance.now() - started).toBeLessThan(5_000)
  const answers = await Promise.all(connections.map(({ closed }) => closed))
  expect(answers.flatMap(statusesIn)).toEqual([200, 200, 404, 200])
})
