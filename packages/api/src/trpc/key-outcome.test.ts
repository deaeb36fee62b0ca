import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld } from '../test-world.ts'

const old = () => v7({ msecs: Date.now() - 30 * 3_600_000 })
const ahead = (hours = 1) => v7({ msecs: Date.now() + hours * 3_600_000 })

test('the outcome of an answered key is the answer it was given, to the byte', async () => {
  await using world = await createWorld()
  const created = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const { text, data } = await world.query('outcomeOf', { idempotencyKey: 'k' })
  expect(data).toEqual({
    state: 'answered',
    operation: 'createTodo',
    answeredAt: expect.stringMatching(/Z$/),
    answer: created.data,
  })
  expect(text).toContain(created.text.slice('{"result":{"data":'.length, -2))
})

test('the outcome of a refused key is the refusal', async () => {
  await using world = await createWorld()
  const { refusal } = await world.mutate('restoreTodo', { id: v7(), idempotencyKey: 'k' })
  expect((await world.query('outcomeOf', { idempotencyKey: 'k' })).data).toMatchObject({
    state: 'answered',
    operation: 'restoreTodo',
    refusal,
  })
})

test('querying an unused key changes nothing', async () => {
  await using world = await createWorld()
  for (const idempotencyKey of ['k', v7(), ahead()]) {
    expect((await world.query('outcomeOf', { idempotencyKey })).data).toEqual({ state: 'unused' })
  }
  expect(await world.count('idem.idempotency_record')).toBe(0)
})

test('the key of another owner looks unused', async () => {
  await using world = await createWorld()
  await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const { operations } = world.context
  const stranger = { owner: 'stranger' }
  expect((await operations.outcomeOf(stranger, 'k')).value).toEqual({ state: 'unused' })
  expect((await operations.cancel(stranger, 'k')).value).toEqual({ state: 'cancelled' })
  expect((await world.query('outcomeOf', { idempotencyKey: 'k' })).data.state).toBe('answered')
})

test('a time-ordered key older than its window is forgotten', async () => {
  await using world = await createWorld()
  const idempotencyKey = old()
  expect((await world.query('outcomeOf', { idempotencyKey })).data).toEqual({ state: 'forgotten' })
  expect((await world.mutate('cancel', { idempotencyKey })).data).toEqual({ state: 'forgotten' })
})

test('a cancelled key never has an effect, and every query returns that', async () => {
  await using world = await createWorld()
  for (const _ of [1, 2]) {
    expect((await world.mutate('cancel', { idempotencyKey: 'k' })).data).toEqual({
      state: 'cancelled',
    })
  }
  expect((await world.query('outcomeOf', { idempotencyKey: 'k' })).data).toEqual({
    state: 'cancelled',
  })
  for (const _ of [1, 2]) {
    expect(await world.mutate('createTodo', { idempotencyKey: 'k', title: 'x' })).toMatchObject({
      status: 409,
      refusal: { code: 'cancelled', retry: 'never' },
    })
  }
  expect(await world.count('todo')).toBe(0)
})

test('cancelling an answered key returns the answer and undoes nothing', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  expect((await world.mutate('cancel', { idempotencyKey: 'k' })).data).toMatchObject({
    state: 'answered',
    answer: data,
  })
  expect(await world.count('todo')).toBe(1)
})

test('a key from the future is cancelled if it is at most a day ahead', async () => {
  await using world = await createWorld()
  const idempotencyKey = ahead()
  expect((await world.mutate('cancel', { idempotencyKey })).data).toEqual({ state: 'cancelled' })
  expect(await world.mutate('createTodo', { idempotencyKey, title: 'x' })).toMatchObject({
    refusal: { code: 'cancelled' },
  })
  expect(await world.mutate('cancel', { idempotencyKey: ahead(25) })).toMatchObject({
    status: 412,
    refusal: { code: 'key_from_future', retry: 'new_key', serverTime: expect.stringMatching(/Z$/) },
  })
})

test('cancel and create raced: exactly one wins, and the outcome shows which', async () => {
  await using world = await createWorld()
  const wins = { created: 0, cancelled: 0 }
  for (let round = 0; round < 100; round += 1) {
    const idempotencyKey = v7()
    const create = () => world.mutate('createTodo', { idempotencyKey, title: `todo ${round}` })
    const cancel = () => world.mutate('cancel', { idempotencyKey })
    const [created, cancelled] =
      round % 2 === 0
        ? await Promise.all([create(), cancel()])
        : (await Promise.all([cancel(), create()])).toReversed()
    const { data } = await world.query('outcomeOf', { idempotencyKey })
    if (created?.status === 200) {
      expect(cancelled?.data).toMatchObject({ state: 'answered', answer: created.data })
      expect(data.state).toBe('answered')
      wins.created += 1
    } else {
      expect(created?.refusal.code).toBe('cancelled')
      expect(cancelled?.data).toEqual({ state: 'cancelled' })
      expect(data.state).toBe('cancelled')
      wins.cancelled += 1
    }
  }
  expect(await world.count('todo')).toBe(wins.created)
  expect(wins.created + wins.cancelled).toBe(100)
})
