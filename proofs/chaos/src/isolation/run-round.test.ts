import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { runRound } from './run-round.ts'
import { summarize } from './summary.ts'

const seconds = 0.2
const poison = () => ({ method: 'POST', path: 'deleteTodo', body: '{broken' }) as const

test('a round counts every correct answer to the good clients', async () => {
  await using server = await serverThat(echo)
  const { answered, errors, perSecond } = await runRound(server.url, seconds)
  expect(errors).toEqual([])
  expect(answered).toBe(server.requests())
  expect(perSecond).toBeGreaterThan(64)
})

test.each([
  ['503', (_, response) => response.writeHead(503).end('later')],
  ['another todo', (_, response) => response.end('{"title":"Buy tea"}')],
  ['a closed connection', (request) => request.socket.destroy()],
] as [string, RequestListener][])(
  'a good client that gets %s is an error of the round',
  async (_, answer) => {
    let requests = 0
    await using server = await serverThat((request, response) => {
      requests += 1
      if (requests % 10 === 0) answer(request, response)
      else echo(request, response)
    })
    const { answered, errors } = await runRound(server.url, seconds)
    expect(errors.length).toBe(Math.floor(requests / 10))
    expect(answered).toBe(requests - errors.length)
  },
)

test('answers to the poison are counted by status, and a connection closed by the server is opened anew', async () => {
  let poisoned = 0
  await using server = await serverThat((request, response) => {
    if (request.url?.endsWith('createTodo')) return echo(request, response)
    poisoned += 1
    if (poisoned % 2 === 0) return request.socket.destroy()
    return response.writeHead(400, { connection: 'close' }).end()
  })
  const { errors, poison: statuses } = await runRound(server.url, seconds, poison)
  expect(errors).toEqual([])
  expect(Object.keys(statuses)).toEqual(['0', '400'])
  expect(Number(statuses[0]) + Number(statuses[400])).toBe(poisoned)
})

test('a ratio is taken pair by pair, so that a slow minute slows both of its rounds', () => {
  const round = (perSecond: number, p99Ms: number) => ({
    ...{ perSecond, p99Ms, p50Ms: 1, answered: perSecond },
    ...{ errors: ['late'], poison: { 400: 1 } },
  })
  const summary = summarize({
    warmUp: round(1, 1),
    quiet: [round(1_000, 10), round(100, 100), round(1_000, 10)],
    poisoned: [round(900, 20), round(90, 150), round(800, 30)],
  })
  expect(summary).toMatchObject({ ratio: 0.9, p99Ratio: 2, p99MoreMs: 20, answered: 3_891 })
  expect(summary.errors).toHaveLength(5)
  expect(summary.poisonStatuses).toEqual([400])
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
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
