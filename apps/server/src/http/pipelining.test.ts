import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createPipelining } from './pipelining.ts'

const get = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'
const create = (name: number) =>
  `POST /${name} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}`

/** A server that answers on request of the test. */
async function world({ mostWaiting }: { mostWaiting?: number } = {}) {
  const inTurn = createPipelining(mostWaiting)
  const open: ServerResponse[] = []
  const begun: string[] = []
  let most = 0
  const server = createServer((request, response) =>
    inTurn(request, response, () => {
      begun.push(`${request.method} ${request.url}`)
      open.push(response)
      most = Math.max(most, open.length)
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  const answered = () => received.split('HTTP/1.1 ').length - 1
  function answerAll(status = 200): void {
    for (const response of open.splice(0)) {
      response.writeHead(status).end(`<${response.req.url}>`)
    }
  }
  return {
    socket,
    /** Another connection. */
    connect: () => connect(port, '127.0.0.1').on('error', () => {}),
    open: () => open.length,
    /** The requests that were executed, in their order. */
    begun: () => [...begun],
    /** The paths of the answers, in their order. */
    answers: () => received.match(/<.*?>/g) ?? [],
    /** The most requests that were in progress at once. */
    most: () => most,
    answered,
    /** Answers the open requests until this number has been answered. */
    answersAll: (count: number) =>
      expect
        .poll(
          () => {
            answerAll()
            return answered()
          },
          { interval: 5, timeout: 10_000 },
        )
        .toBe(count),
    answerAll,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.for([
  ['in one write', [50]],
  ['in many writes', Array(50).fill(1)],
] as [string, number[]][])(
  'a connection with fifty requests pipelined %s has one in progress at a time, and all are answered',
  async ([, writes]) => {
    await using it = await world()
    for (const requests of writes) {
      it.socket.write(get.repeat(requests))
      await pause(2)
    }
    await pause(50)
    expect(it.most()).toBe(1)
    await it.answersAll(50)
    expect(it.most()).toBe(1)
  },
)

test('ten pipelined creates are executed one after the other, and answered in their order', async () => {
  await using it = await world()
  const names = Array.from({ length: 10 }, (_, at) => at)
  it.socket.write(names.map(create).join(''))
  for (const answered of names) {
    await expect.poll(it.begun).toEqual(names.slice(0, answered + 1).map((at) => `POST /${at}`))
    it.answerAll()
  }
  await expect.poll(it.answers).toEqual(names.map((at) => `</${at}>`))
})

test('a connection with more than a hundred unanswered requests is closed', async () => {
  await using it = await world()
  const closed = new Promise((resolve) => it.socket.once('close', resolve))
  it.socket.write(get.repeat(101))
  await closed
  expect(it.most()).toBe(1)
})

test('a connection is closed when too many requests of all connections wait, until others are answered', async () => {
  await using it = await world({ mostWaiting: 10 })
  it.socket.write(get.repeat(11))
  await expect.poll(it.open).toBe(1)
  const second = it.connect()
  second.write(get.repeat(4))
  await expect.poll(() => second.closed).toBe(true)
  await it.answersAll(11)
  const third = it.connect()
  third.write(get.repeat(11))
  await pause(50)
  expect(third.destroyed).toBe(false)
  third.destroy()
})

test('a connection that is read again after a pause serves single requests', async () => {
  await using it = await world()
  it.socket.write(get.repeat(3))
  await it.answersAll(3)
  it.socket.write(get)
  await it.answersAll(4)
})

test('a connection that pipelines behind a refusal rests before its next request', async () => {
  await using it = await world()
  it.socket.write(get.repeat(30))
  await expect.poll(it.open).toBe(1)
  it.answerAll(503)
  const refused = performance.now()
  await expect.poll(it.answered).toBe(1)
  await expect.poll(it.open, { timeout: 10_000 }).toBe(1)
  expect(performance.now() - refused).toBeGreaterThan(1_500)
  await it.answersAll(30)
})

test('a refused request with none behind it is answered, and the next one is served at once', async () => {
  await using it = await world()
  for (const status of [503, 200]) {
    it.socket.write(get)
    await expect.poll(it.open).toBe(1)
    it.answerAll(status)
  }
  await expect.poll(it.answered).toBe(2)
})
