import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { postComment, startSending } from '../example/post-comment.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('the README shows the example that is compiled and run here', () => {
  expect(read('../README.md')).toContain(read('../example/post-comment.ts').trim())
})

test('the example sends a comment again under the same key, until it is saved', async () => {
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
  vi.unstubAllGlobals()
  expect(saved).toEqual({ id: 'c1' })
  expect(cleared).toBe(1)
  expect(requests.map(({ body }) => body)).toEqual(['{"text":"Nice."}', '{"text":"Nice."}'])
  const keys = requests.map(({ headers }) => new Headers(headers).get('Idempotency-Key'))
  expect(new Set(keys)).toHaveLength(1)
})
