import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequest } from '@idem/speed/create-requests'
import { expect, test } from 'vitest'
import { runClients, seconds } from './run-clients.ts'

// A client that counts a wrong answer as a good one would make every proof of overload blind.

const next = () => ({ ...createRequest(), method: 'POST', path: 'createTodo' })

test('every correct answer is counted', async () => {
  await using server = await serverThat(echo)
  const { answered, wrong } = await runClients({ ...server.plan(), next })
  expect({ answered, wrong }).toEqual({ answered: server.requests(), wrong: [] })
  expect(answered).toBeGreaterThan(64)
})

test.each([
  ['500', (_, response) => response.writeHead(500).end('{"error":1}')],
  ['another todo', (_, response) => response.end('{"title":"Buy tea"}')],
  ['a closed connection', (request) => request.socket.destroy()],
] as [string, RequestListener][])('an answer that is %s is wrong', async (_, answer) => {
  let requests = 0
  await using server = await serverThat((request, response) => {
    requests += 1
    if (requests % 10 === 0) answer(request, response)
    else echo(request, response)
  })
  const { answered, wrong, statuses } = await runClients({ ...server.plan(), next })
  expect(wrong.length).toBe(Math.floor(requests / 10))
  expect(answered).toBe(requests - wrong.length)
  expect(Object.values(statuses).reduce((sum, times) => sum + times, 0)).toBe(requests)
})

test('a refused request is repeated after the time in its refusal', async () => {
  const titles: string[] = []
  await using server = await serverThat(async (request, response) => {
    titles.push((await request.toArray()).join(''))
    response.writeHead(503).end('{"retryAfterMs":1000}')
  })
  const { refused, answered, wrong } = await runClients({
    ...{ ...server.plan(), until: seconds(1.5), clients: 1, next },
  })
  expect({ refused, answered, wrong }).toEqual({ refused: 2, answered: 0, wrong: [] })
  expect(new Set(titles).size).toBe(1)
})

const echo: RequestListener = (request, response) => {
  request.pipe(response)
}

async function serverThat(answer: RequestListener) {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    plan: () => ({ url, clients: 64, until: seconds(0.2) }),
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
