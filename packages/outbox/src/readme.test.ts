import 'fake-indexeddb/auto'
import { readdirSync, readFileSync } from 'node:fs'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { afterEach, expect, test, vi } from 'vitest'
import { placeOrder } from '../example/place-order.ts'
import { postComment, startSending } from '../example/post-comment.ts'
import { appRouter } from '../example/server/app-router.ts'
import { trpc } from '../example/trpc-client.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const examples = readdirSync(new URL('../example', import.meta.url)).filter((name) =>
  /\.tsx?$/.test(name),
)

afterEach(() => vi.unstubAllGlobals())

/** The first answer is lost; all others come from `answer`. */
function stubFetch(answer: (request: Request) => Promise<Response>): Request[] {
  const requests: Request[] = []
  vi.stubGlobal('fetch', async (input: RequestInfo, init?: RequestInit) => {
    const request = new Request(input, init)
    requests.push(request.clone())
    const response = await answer(request)
    if (requests.length === 1) throw new TypeError('Failed to fetch')
    return response
  })
  return requests
}

test.each(examples)('the README shows the example %s, which is compiled', (name) => {
  expect(read('../README.md')).toContain(read(`../example/${name}`).trim())
})

test('the outbox of the example sends a comment again under the same key, until it is saved', async () => {
  const requests: RequestInit[] = []
  vi.stubGlobal('fetch', async (_url: string, request: RequestInit) => {
    requests.push(request)
    if (requests.length === 1) throw new TypeError('Failed to fetch')
    return Response.json({ id: 'c1' })
  })
  const stop = startSending()
  let cleared = 0
  const saved = await postComment('Nice.', () => {
    cleared += 1
  })
  stop()
  expect(saved).toEqual({ id: 'c1' })
  expect(cleared).toBe(1)
  expect(requests.map(({ body }) => body)).toEqual(['{"text":"Nice."}', '{"text":"Nice."}'])
  const keys = requests.map(({ headers }) => new Headers(headers).get('Idempotency-Key'))
  expect(new Set(keys)).toHaveLength(1)
})

test('the client of the example sends a call again under the same key', async () => {
  const requests = stubFetch((req) =>
    fetchRequestHandler({ req, router: appRouter, endpoint: '/api/trpc' }),
  )
  expect(await trpc.addComment.mutate({ text: 'Nice.' })).toMatchObject({ text: 'Nice.' })
  const bodies = await Promise.all(requests.map((request) => request.text()))
  expect(bodies).toHaveLength(2)
  expect(new Set(bodies)).toHaveLength(1)
})

test('the order of the example is sent again under the same key', async () => {
  const requests = stubFetch(async () => Response.json({ number: 7 }))
  expect(await placeOrder('milk')).toEqual({ number: 7 })
  expect(requests).toHaveLength(2)
  expect(new Set(requests.map(({ headers }) => headers.get('Idempotency-Key')))).toHaveLength(1)
})
