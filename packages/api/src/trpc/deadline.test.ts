import { afterEach, expect, test, vi } from 'vitest'
import { createWorld } from '../test-world.ts'

afterEach(() => {
  vi.useRealTimers()
})

const id = 'a'
const twice = { 0: { id }, 1: { id, idempotencyKey: 'k' } }

test.for([
  { calls: 'a single call', path: 'deleteTodo', body: { id }, retries: ['ask_person'] },
  {
    calls: 'each call of a batch',
    path: 'deleteTodo,deleteTodo?batch=1',
    body: twice,
    retries: ['ask_person', 'same_key'],
  },
  {
    calls: 'each call of a stream',
    path: 'deleteTodo,deleteTodo?batch=1',
    body: twice,
    headers: { 'trpc-accept': 'application/jsonl' },
    retries: ['ask_person', 'same_key'],
  },
])('$calls that takes 10 s is refused', async ({ path, body, headers, retries }) => {
  await using world = await endlessWorld()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const answered = fetch(`${world.url}/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  }).then((response) => response.text())
  await world.called(retries.length)
  await vi.advanceTimersByTimeAsync(10_000)
  const text = await answered
  const refusals = [...text.matchAll(/"code":"unavailable","retry":"(\w+)"/g)]
  expect(refusals.map(([, retry]) => retry).sort()).toEqual(retries)
})

/** The tRPC API whose deletes never end. */
async function endlessWorld() {
  let calls = 0
  const world = await createWorld()
  Object.assign(world.context.operations, {
    deleteTodo() {
      calls += 1
      return new Promise<never>(() => {})
    },
  })
  return {
    url: world.url,
    async called(times: number) {
      while (calls < times) await new Promise(setImmediate)
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}
