import { afterAll, expect, test } from 'vitest'
import { canary, hostileWorld } from './hostile-world.ts'
import { head, json, rawConnection, rawCreate, rawExchange, statusesIn } from './raw-connection.ts'
import { repeatUntil } from './repeat-until.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

const hidden = rawCreate(canary)
const close = 'Connection: close'

/** Requests that hide another one, or are none. */
const malformed = {
  'a length and chunks':
    head('POST /todos', json, 'Content-Length: 4', 'Transfer-Encoding: chunked') +
    `0\r\n\r\n${hidden}`,
  'chunks and a length':
    head('POST /todos', json, 'Transfer-Encoding: chunked', 'Content-Length: 4') +
    `0\r\n\r\n${hidden}`,
  'two lengths':
    head('POST /todos', json, 'Content-Length: 0', `Content-Length: ${hidden.length}`) + hidden,
  'two lengths in one': head('POST /todos', json, 'Content-Length: 0, 5') + hidden,
  'a negative length': head('POST /todos', json, 'Content-Length: -1') + hidden,
  'a length that is no number': head('POST /todos', json, 'Content-Length: 0x10') + hidden,
  'chunks under another name': `${head('POST /todos', json, 'Transfer-Encoding: xchunked')}0\r\n\r\n${hidden}`,
  'chunks twice': `${head('POST /todos', json, 'Transfer-Encoding: chunked, identity')}0\r\n\r\n${hidden}`,
  'a chunk of no size': `${head('POST /todos', json, 'Transfer-Encoding: chunked')}z\r\n\r\n${hidden}`,
  'a header over two lines': `POST /todos HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: a\r\n b\r\n\r\n${hidden}`,
  'a space before the colon': `POST /todos HTTP/1.1\r\nHost: localhost\r\nContent-Length : 0\r\n\r\n${hidden}`,
  'a header without a name': `POST /todos HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n${hidden}`,
  'NUL in a header': `POST /todos HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: a\0b\r\n\r\n${hidden}`,
  'line feeds alone': `POST /todos HTTP/1.1\nHost: localhost\n\n${hidden}`,
  'a space in the target': 'GET /todos /x HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'another protocol': 'GET /todos HTTP/3.7\r\nHost: localhost\r\n\r\n',
  'no host': `GET /todos HTTP/1.1\r\n${close}\r\n\r\n`,
  'no HTTP at all': `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${canary}\r\n\r\n`,
  'half a request and then the end': 'half',
}

test.for(Object.entries(malformed))(
  '%s: 400, closed, and the smuggled request is not executed',
  async ([, bytes]) => {
    const before = await world.rows()
    const got = bytes === 'half' ? await halfAndEnd() : await rawExchange(world.port, bytes)
    expect(statusesIn(got)).toEqual([400])
    expect(got).not.toContain(canary)
    expect(await world.rows()).toEqual(before)
  },
)

test.for([
  [
    'two hosts',
    403,
    `GET /todos HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${close}\r\n\r\n`,
  ],
  ['a target for a proxy', 400, head(`GET http://evil.example/${canary}`, close)],
  ['a target for a proxy that is ours', 400, head('GET http://localhost/todos', close)],
  ['a target for the whole server', 400, head('OPTIONS *', close)],
  ['an expectation nobody knows', 417, head('GET /todos', 'Expect: tea', close)],
  ['a request of HTTP/0.9', 403, 'GET /todos\r\n\r\n'],
  ['a request of HTTP/1.0 without a host', 403, 'GET /todos HTTP/1.0\r\n\r\n'],
  ['an upgrade', 200, head('GET /todos', 'Upgrade: websocket', 'Connection: upgrade, close')],
  ['an upgrade of the page', 200, head('GET /', 'Upgrade: h2c', 'Connection: upgrade, close')],
  [
    'an upgrade by a foreign name',
    403,
    'GET / HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n',
  ],
] as const)('%s is answered with %i, and the connection closed', async ([, status, bytes]) => {
  const got = await rawExchange(world.port, bytes)
  expect(statusesIn(got)).toEqual([status])
  expect(got).not.toContain(canary)
})

test('a CONNECT tunnel is refused', async () => {
  expect(await rawExchange(world.port, head('CONNECT evil.example:80'))).toBe('')
})

test('pipelined requests are answered in order, each once', async () => {
  const before = await world.rows()
  const names = Array.from({ length: 10 }, (_, at) => `${canary} ${at}`)
  const many = names.map((name) => rawCreate(name)).join('')
  const got = await rawExchange(world.port, many + head('DELETE /todos/99', close))
  expect(statusesIn(got)).toEqual([...names.map(() => 201), 204])
  expect(got.match(/HemlockCanary \d/g)).toEqual(names)
  expect((await world.rows()).todos).toBe(before.todos + 10)
})

test('a connection reset during a body has no effect and logs no error', async () => {
  const before = await world.rows()
  for (const target of ['POST /todos', 'POST /api/trpc/createTodo', 'PUT /todos/99', 'POST /']) {
    for (const length of ['Content-Length: 60', 'Transfer-Encoding: chunked']) {
      const { socket, closed } = await rawConnection(world.port)
      await new Promise((resolve) =>
        socket.write(`${head(target, json, length)}{"title":"${canary}`, resolve),
      )
      socket.resetAndDestroy()
      await closed
    }
  }
  expect((await world.send({ path: '/todos' })).status).toBe(200)
  expect(await world.rows()).toEqual(before)
  expect(await world.harm()).toEqual([])
})

test('a slow client is disconnected within 20 s, without affecting a healthy one', {
  timeout: 40_000,
}, async () => {
  const before = await world.rows()
  const partHead = head('POST /todos', json, 'Content-Length: 60').slice(0, -2)
  const trpc = head('POST /api/trpc/createTodo', json, 'Content-Length: 60')
  const chunked = head('POST /todos', json, 'Transfer-Encoding: chunked')
  const kinds = [
    { behaviour: 'says nothing', first: '', drip: '' },
    { behaviour: 'stops in the first line', first: 'POST /tod', drip: '' },
    { behaviour: 'stops in the headers', first: partHead, drip: '' },
    { behaviour: 'sends its headers slowly', first: partHead, drip: 'x' },
    { behaviour: 'stops in the body', first: `${trpc}{"title":"`, drip: '' },
    { behaviour: 'sends its body slowly', first: `${trpc}{"title":"`, drip: 'x' },
    { behaviour: 'sends its chunks slowly', first: chunked, drip: '1\r\nx\r\n' },
    {
      behaviour: 'never ends a refused request',
      first: head('POST /', json, 'Content-Length: 60'),
      drip: 'x',
    },
    { behaviour: 'keeps silent after an answer', first: head('GET /healthz'), drip: '' },
  ]
  const slow = Promise.all(kinds.flatMap((kind) => Array.from({ length: 5 }, () => slowly(kind))))
  const [ended, waits] = await Promise.all([
    slow,
    repeatUntil(slow, async () => (await world.send({ path: '/todos?limit=1' })).ms),
  ])
  expect(ended.filter(({ ms }) => ms > 20_000)).toEqual([])
  // The time-out for headers is shorter than that for a whole request.
  expect(ended.filter(({ behaviour, ms }) => behaviour.includes('headers') && ms > 14_000)).toEqual(
    [],
  )
  expect(ended.flatMap(({ statuses }) => statuses).filter((status) => status >= 500)).toEqual([])
  expect(waits.length).toBeGreaterThan(100)
  const p99 = waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)]
  expect(p99).toBeLessThan(500)
  expect(await world.rows()).toEqual(before)
})

test('afterwards nothing is logged or broken', async () => {
  expect(await world.harm()).toEqual([])
})

async function halfAndEnd(): Promise<string> {
  const { socket, closed } = await rawConnection(world.port)
  socket.end('POST /todos HTTP/1.1\r\nHost: loc')
  return closed
}

/** Until it is disconnected: the first bytes immediately, then a few at intervals. */
async function slowly({
  behaviour,
  first,
  drip,
}: {
  behaviour: string
  first: string
  drip: string
}) {
  const { socket, closed } = await rawConnection(world.port)
  const started = performance.now()
  socket.write(first)
  const dripping = drip === '' ? undefined : setInterval(() => socket.write(drip), 300)
  const got = await closed
  clearInterval(dripping)
  return { behaviour, ms: performance.now() - started, statuses: statusesIn(got) }
}
