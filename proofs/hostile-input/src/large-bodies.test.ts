import { afterAll, expect, test } from 'vitest'
import { hostileWorld } from './hostile-world.ts'
import { head, json, type RawConnection, rawConnection, statusesIn } from './raw-connection.ts'
import { repeatUntil } from './repeat-until.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

/** Includes the noise of a shared machine; the answer itself takes a few ms. */
const quicklyMs = 1_000
const targets = ['/todos', '/api/trpc/createTodo', '/todos/99'] as const
const lineOf = (target: string) => `${target === '/todos/99' ? 'PUT' : 'POST'} ${target}`

test.for(targets)(
  'a body for %s with a length of 5 MB is refused before it is sent',
  async (target) => {
    const { socket, answered, got } = await rawConnection(world.port)
    const started = performance.now()
    socket.write(head(lineOf(target), json, 'Content-Length: 5000000'))
    await answered
    expect(performance.now() - started).toBeLessThan(quicklyMs)
    expect(statusesIn(got())).toEqual([413])
    expect(got()).toMatch(/^connection: close\r$/im)
    socket.destroy()
  },
)

test.for(targets)(
  'a body for %s without a length is refused as soon as it is too large',
  async (target) => {
    const { socket, answered, got } = await rawConnection(world.port)
    socket.write(head(lineOf(target), json, 'Transfer-Encoding: chunked'))
    socket.write(chunk(65_536))
    // One more byte, without the end of the body.
    const started = performance.now()
    socket.write(chunk(1))
    await answered
    expect(performance.now() - started).toBeLessThan(quicklyMs)
    expect(statusesIn(got())).toEqual([413])
    socket.destroy()
  },
)

test('twenty concurrent bodies of 50 MB, with and without a length, do not grow the memory of the server', async () => {
  await Promise.all(Array.from({ length: 8 }, () => world.send({ path: '/todos' })))
  const before = await world.memory()
  const pouring = Promise.all(Array.from({ length: 20 }, (_, at) => pour(at)))
  const [sent, seen] = await Promise.all([pouring, repeatUntil(pouring, world.memory)])
  // Clients that keep sending are disconnected, some before they read the response.
  expect(sent.flatMap(({ statuses }) => statuses).filter((status) => status !== 413)).toEqual([])
  expect(sent.filter(({ statuses }) => statuses.length > 0).length).toBeGreaterThan(0)
  expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThan(25_000_000)
  expect(Math.max(...seen, await world.memory()) - before).toBeLessThan(100)
})

test('a body of 50 MB posted to the page is not read', async () => {
  const connection = await rawConnection(world.port)
  connection.socket.write(head('POST /', json, 'Content-Length: 50000000'))
  await pourInto(connection, Buffer.alloc(65_536, 32))
  const statuses = statusesIn(await connection.closed)
  expect(statuses.filter((status) => status !== 405)).toEqual([])
  expect(connection.socket.bytesWritten).toBeLessThan(25_000_000)
})

test('afterwards nothing is created, logged or broken', async () => {
  expect(await world.rows()).toEqual({ todos: 0, changes: 0, keys: 0 })
  expect(await world.harm()).toEqual([])
})

/** Sends up to 50 MB, every other time without a length. */
async function pour(at: number) {
  const connection = await rawConnection(world.port)
  const target = targets[at % targets.length] ?? '/todos'
  const chunked = at % 2 === 0
  const length = chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 50000000'
  connection.socket.write(head(lineOf(target), json, length))
  await pourInto(connection, chunked ? Buffer.from(chunk(65_536)) : Buffer.alloc(65_536, 32))
  const statuses = statusesIn(await connection.closed)
  return { statuses, bytes: connection.socket.bytesWritten }
}

/** Sends as fast as possible until 50 MB are sent or the other side closes. */
async function pourInto({ socket, closed }: RawConnection, piece: Buffer) {
  for (let sent = 0; sent < 50_000_000 && socket.writable; sent += piece.length) {
    if (socket.write(piece)) continue
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
  }
}

function chunk(size: number): string {
  return `${size.toString(16)}\r\n${' '.repeat(size)}\r\n`
}
