import { v7 } from 'uuid'
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

test('the outcome of a refused key is the refusal', async () => {
  await using world = await createRestWorld()
  const { refusal } = await world.call(`/todos/${v7()}`, {
    method: 'PUT',
    key: 'k',
    ifMatch: '"1"',
    body: { ...milk, completed: true },
  })
  expect((await world.call('/outcomes/k')).body).toMatchObject({ state: 'answered', refusal })
})

test('a cancelled key never has an effect, and every query returns that', async () => {
  await using world = await createRestWorld()
  expect((await world.call('/outcomes/k')).body).toEqual({ state: 'unused' })
  for (const _ of [1, 2]) {
    expect(await world.call('/outcomes/k', { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { state: 'cancelled' },
    })
    expect(await world.call('/todos', { method: 'POST', key: 'k', body: milk })).toMatchObject({
      status: 409,
      refusal: { code: 'cancelled', retry: 'never' },
    })
  }
  expect((await world.call('/outcomes/k')).body).toEqual({ state: 'cancelled' })
  expect(await world.count('todo')).toBe(0)
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

test('time-ordered keys outside their window: forgotten, cancelled, or too far ahead', async () => {
  await using world = await createRestWorld()
  const old = v7({ msecs: Date.now() - 30 * 3_600_000 })
  const ahead = v7({ msecs: Date.now() + 3_600_000 })
  expect((await world.call(`/outcomes/${old}`)).body).toEqual({ state: 'forgotten' })
  const far = v7({ msecs: Date.now() + 25 * 3_600_000 })
  expect((await world.call(`/outcomes/${ahead}`)).body).toEqual({ state: 'unused' })
  const cancelled = { state: 'cancelled' }
  expect((await world.call(`/outcomes/${ahead}`, { method: 'DELETE' })).body).toEqual(cancelled)
  expect((await world.call(`/outcomes/${ahead}`)).body).toEqual(cancelled)
  expect(await world.call(`/outcomes/${far}`, { method: 'DELETE' })).toMatchObject({
    status: 412,
    refusal: { code: 'key_from_future', retry: 'new_key', serverTime: expect.stringMatching(/Z$/) },
  })
})
