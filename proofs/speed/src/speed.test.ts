import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { createReplays, createRequest, type Kept } from './requests/create-requests.ts'
import { load } from './requests/load.ts'
import { checkRows } from './results/tally.ts'
import { ask } from './servers/bench-database.ts'

// A load generator that counts a wrong answer, or a tally that overlooks a missing row, measures nothing.

test('a load counts each correct answer, with a length or in chunks, and ends after so many requests', async () => {
  await using server = await serverThat((body) => body)
  const { answered } = await load({ ...server, seconds: 60, requests: 7, ask: createRequest })
  expect([answered, server.answered()]).toEqual([7, 7])
})

test.for([
  ['a wrong answer', 'received {"title":"Buy tea"}', () => '{"title":"Buy tea"}', 200],
  ['a refused request', '503', (body: string) => body, 503],
] as const)('a load ends at %s', async ([, message, answer, status]) => {
  await using server = await serverThat(answer, status)
  await expect(load({ ...server, ask: createRequest })).rejects.toThrow(message)
})

test('a load of replays ends at one that differs from the first answer', async () => {
  let count = 0
  await using server = await serverThat((body) => {
    count += 1
    return `${body}${count}`
  })
  const kept: Kept = []
  await load({ ...server, ask: () => createRequest(kept) })
  await expect(load({ ...server, ask: createReplays(kept) })).rejects.toThrow('Expected the replay')
})

test('missing rows are detected', async () => {
  await using database = await scratchDatabase()
  const tally = { url: database.url, tables: ['todo'], acknowledged: 1 }
  await expect(checkRows(tally)).rejects.toThrow('has 0 rows')
  await ask(
    database.url,
    `insert into todo (owner_id, id, title, created_at, updated_at) values ('a', gen_random_uuid(), 'x', now(), now())`,
  )
  await checkRows(tally)
})

/** Answers by turns with its length and in chunks. */
async function serverThat(answer: (body: string) => string, status = 200) {
  let answered = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const text = answer(body)
      response.statusCode = status
      answered += 1
      if (answered % 2 === 0) return response.end(text)
      response.write(text.slice(0, 3))
      return setImmediate(() => response.end(text.slice(3)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: 3,
    seconds: 0.1,
    answered: () => answered,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
