import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { canary, hostileWorld } from './hostile-world.ts'
import { head, json, rawConnection } from './raw-connection.ts'
import { refusedRequests } from './refused-requests.ts'

/**
 * The longest timer of a serving server: the database's clock is read every 30 s. A call ends after
 * 10 s, an incomplete request after 15 s, an unread response after 24 s.
 */
const longestTimerMs = 30_000

/** Incomplete requests; each ends at a timer of the server. */
const unfinished = [
  'POST /todos HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  `${head('POST /todos', json, 'Content-Length: 100')}{"title":`,
  `${head('POST /todos', json, 'Transfer-Encoding: chunked')}5\r\n{"tit`,
  `${head('POST /api/trpc/createTodo', json, 'Content-Length: 100')}{broken`,
  `${head('POST /api/trpc/createTodo?batch=1', json, 'Content-Length: 100')}{"0":{`,
  head('GET /', 'Upgrade: websocket', 'Connection: upgrade'),
  head('GET /docs/swagger-ui-bundle.js').repeat(10),
]

/** Connections that do not read. */
const unread = 20

/** Malformed in each way that is detected only when the call starts, single, in a batch and in a stream. */
const malformed = ['{broken', '{"0":', '[1', '"', '{"0":{"idempotencyKey":"k"}}x'].flatMap((body) =>
  ['createTodo', 'createTodo?batch=1', 'createTodo,deleteTodo?batch=1', 'cancel'].flatMap(
    (call) => [
      { path: `/api/trpc/${call}`, body },
      { path: `/api/trpc/${call}`, body, headers: ['trpc-accept', 'application/jsonl'] },
      {
        path: `/api/trpc/listTodos${call.includes('?') ? '?batch=1&' : '?'}input=${encodeURIComponent(body)}`,
      },
    ],
  ),
)

// Both wait, so they wait at the same time.

test.concurrent('after the longest timer and every malformed request the same process is healthy, without an error in its log', {
  timeout: 120_000,
}, async () => {
  await using world = await hostileWorld()
  const connections = await Promise.all(
    unfinished.map(async (bytes) => {
      const connection = await rawConnection(world.port)
      connection.socket.pause().write(bytes)
      return connection
    }),
  )
  await Promise.all([...malformed, ...refusedRequests.map(([, , sent]) => sent)].map(world.send))
  const gone = await rawConnection(world.port)
  gone.socket.write(head('POST /todos', json, 'Content-Length: 100'))
  gone.socket.resetAndDestroy()

  await pause(longestTimerMs + 1_000)

  expect(await world.harm()).toEqual([])
  expect(world.errors()).toEqual([])
  expect(await world.rows()).toEqual({ todos: 0, changes: 0, keys: 0 })
  const created = await world.send({ path: '/todos', body: JSON.stringify({ title: canary }) })
  expect(created.status).toBe(201)
  for (const { socket } of connections) socket.destroy()
})

test.concurrent('a client that does not read its responses is disconnected', {
  timeout: 70_000,
}, async () => {
  // A separate connection, so that the end of another one is not counted.
  await using world = await hostileWorld(1)
  await world.send({ path: '/docs/swagger-ui-bundle.js' })
  const before = await world.handles()
  const connections = await Promise.all(
    Array.from({ length: unread }, () => rawConnection(world.port)),
  )
  // More than the kernel buffers for a connection.
  for (const { socket } of connections) {
    socket.pause().write(head('GET /docs/swagger-ui-bundle.js').repeat(10))
  }
  await expect.poll(world.handles).toBeGreaterThanOrEqual(before + unread)
  // Usually 24 s; on a busy machine the server is still writing at that time.
  await expect
    .poll(world.handles, { timeout: 45_000, interval: 250 })
    .toBeLessThan(before + unread / 4)
  for (const { socket } of connections) socket.destroy()
  expect(await world.harm()).toEqual([])
})
