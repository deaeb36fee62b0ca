import { expect, test } from 'vitest'
import { createRestWorld } from './test-rest-world.ts'

const milk = { title: 'Buy milk' }

test('the outcome of an answered key holds the answer it was given, to the byte', async () => {
  await using world = await createRestWorld()
  const { text } = await world.call('/todos', { method: 'POST', key: 'k', body: milk })
  const outcome = await world.call('/outcomes/k')
  expect(outcome).toMatchObject({
    status: 200,
    body: { state: 'answered', operation: 'createTodo', answeredAt: expect.stringMatching(/Z$/) },
  })
  expect(outcome.text).toContain(`"answer":${text}`)
  const cancelled = await world.call('/outcomes/k', { method: 'DELETE' })
  expect(cancelled).toMatchObject({ status: 200, body: outcome.body })
  expect(await world.count('todo')).toBe(1)
})

test('a key in the path is read as it was sent, escaped where necessary', async () => {
  await using world = await createRestWorld()
  const key = 'a/b?c#d%e'
  await world.call('/todos', { method: 'POST', key, body: milk })
  const { body } = await world.call(`/outcomes/${encodeURIComponent(key)}`)
  expect(body).toMatchObject({ state: 'answered', operation: 'createTodo' })
})

test.for(['a%20b', 'a%2Cb', '%22a%22', 'a%5Cb', '%00', 'k'.repeat(256), '%F0%9F%94%91'])(
  '%s is no key',
  async (key) => {
    await using world = await createRestWorld()
    for (const method of ['GET', 'DELETE']) {
      expect(await world.call(`/outcomes/${key}`, { method })).toMatchObject({
        status: 400,
        refusal: { code: 'key_malformed', retry: 'never' },
      })
    }
  },
)
