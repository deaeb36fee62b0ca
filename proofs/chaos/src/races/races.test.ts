import { seeded, shuffle } from '@idem/test-support/random'
import { v7 } from 'uuid'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { twoServers } from '../servers/two-servers.ts'
import type { RawAnswer } from './raw-calls.ts'

vi.setConfig({ testTimeout: 60_000 })

const world = await twoServers()
beforeEach(() => world.startOver())
afterAll(() => world[Symbol.asyncDispose]())

test('200 creates with one key over both servers create one todo with equal answers to the byte', async () => {
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, at) => world.each(at).mutate('createTodo', input)),
  )
  expect(kinds(answers)).toEqual([{ status: 200, times: 200 }])
  expect(texts(answers).size).toBe(1)
  expect(await world.effects()).toMatchObject([{ kind: 'made', key: input.idempotencyKey }])
})

test('twenty keys sent twenty times over both servers create twenty todos, with one answer for each key', async () => {
  const keys = Array.from({ length: 20 }, () => v7())
  const order = shuffled(keys.flatMap((key) => Array<string>(20).fill(key)))
  const answers = await Promise.all(
    order.map((idempotencyKey, at) =>
      world.each(at).mutate('createTodo', { idempotencyKey, title: `Buy ${idempotencyKey}` }),
    ),
  )
  expect(kinds(answers)).toEqual([{ status: 200, times: 400 }])
  for (const key of keys) {
    expect(texts(answers.filter((_, at) => order[at] === key)).size).toBe(1)
  }
  expect((await world.effects()).map(({ key }) => key).sort()).toEqual(keys.toSorted())
})

test('creates with one key and different client ids create one todo', async () => {
  const inputs = Array.from({ length: 20 }, () => ({
    idempotencyKey: v7(),
    id: v7(),
    title: 'Buy milk',
  }))
  const sent = shuffled(inputs.flatMap((input) => Array<typeof input>(10).fill(input)))
  const answers = await Promise.all(
    sent.map((input, at) => world.each(at).mutate('createTodo', input)),
  )
  expect(kinds(answers)).toEqual([{ status: 200, times: 200 }])
  expect(texts(answers).size).toBe(20)
  expect((await world.effects()).map(({ id }) => id).sort()).toEqual(
    inputs.map(({ id }) => id).sort(),
  )
})

test('a replay after the delete, through the other server, returns the old answer and restores nothing', async () => {
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  const first = await world.one.mutate('createTodo', input)
  const { id } = JSON.parse(first.text).result.data
  await world.other.mutate('deleteTodo', { id })
  for (const server of [world.one, world.other]) {
    expect(await server.mutate('createTodo', input)).toEqual(first)
    expect(JSON.parse((await server.query('listTodos')).text).result.data.todos).toEqual([])
  }
  expect((await world.effects()).map(({ kind }) => kind)).toEqual(['made', 'deleted'])
})

test('exactly one of twenty concurrent inputs under one key wins, and the others are refused', async () => {
  const keys = Array.from({ length: 10 }, () => v7())
  for (const idempotencyKey of keys) {
    const titles = Array.from({ length: 20 }, (_, at) => `${idempotencyKey} ${at}`)
    const answers = await Promise.all(
      titles.map((title, at) => world.each(at).mutate('createTodo', { idempotencyKey, title })),
    )
    expect(kinds(answers)).toEqual([
      { status: 200, times: 1 },
      { status: 422, times: 19 },
    ])
    const refused = answers.filter(({ status }) => status === 422).map(refusalCode)
    expect(new Set(refused)).toEqual(new Set(['key_reused']))
    const winner = titles[answers.findIndex(({ status }) => status === 200)]
    const made = (await world.effects()).filter(({ key }) => key === idempotencyKey)
    expect(made).toMatchObject([{ kind: 'made', title: winner }])
  }
})

test('a delete raced by late retries of the create is final', async () => {
  for (let round = 0; round < 10; round += 1) {
    const input = { idempotencyKey: v7(), id: v7(), title: 'Buy milk' }
    const first = await world.one.mutate('createTodo', input)
    const retries = (from: number) =>
      Array.from({ length: 6 }, (_, at) => world.each(at + from).mutate('createTodo', input))
    const before = retries(round)
    const deleted = world.each(round + 1).mutate('deleteTodo', { id: input.id })
    const after = retries(round + 1)
    expect(new Set([first.text, ...texts(await Promise.all([...before, ...after]))]).size).toBe(1)
    expect((await deleted).status).toBe(200)
    const ofTodo = (await world.effects()).filter(({ id }) => id === input.id)
    expect(ofTodo.map(({ kind }) => kind)).toEqual(['made', 'deleted'])
  }
})

test('a create under a new key with the id of a todo being deleted restores nothing', async () => {
  for (let round = 0; round < 10; round += 1) {
    const input = { id: v7(), title: 'Buy milk' }
    await world.one.mutate('createTodo', { ...input, idempotencyKey: v7() })
    const [deleted, ...creates] = await Promise.all([
      world.each(round).mutate('deleteTodo', { id: input.id }),
      ...Array.from({ length: 6 }, (_, at) =>
        world.each(at).mutate('createTodo', { ...input, idempotencyKey: v7() }),
      ),
    ])
    expect(deleted.status).toBe(200)
    // Before the delete they find the todo, afterwards only its id.
    for (const { status, text } of creates) {
      if (status === 200) expect(JSON.parse(text).result.data.id).toBe(input.id)
      else
        expect(JSON.parse(text).error.data.refusal).toMatchObject({
          code: 'id_taken',
          deleted: true,
        })
    }
    const ofTodo = (await world.effects()).filter(({ id }) => id === input.id)
    expect(ofTodo.map(({ kind }) => kind)).toEqual(['made', 'deleted'])
  }
})

test('a refusal is replayed byte for byte, after any later change of the todo', async () => {
  const id = v7()
  await world.one.mutate('createTodo', { idempotencyKey: v7(), id, title: 'Buy milk' })
  const taken = { idempotencyKey: v7(), id, title: 'Buy tea' }
  const refused = await world.one.mutate('createTodo', taken)
  expect(refusalCode(refused)).toBe('id_taken')
  await world.other.mutate('deleteTodo', { id })
  for (const server of [world.other, world.one]) {
    expect(await server.mutate('createTodo', taken)).toEqual(refused)
  }
  expect((await world.effects()).map(({ kind }) => kind)).toEqual(['made', 'deleted'])
})

function texts(answers: readonly RawAnswer[]): Set<string> {
  return new Set(answers.map(({ text }) => text))
}

function kinds(answers: readonly RawAnswer[]): { status: number; times: number }[] {
  const counted = Map.groupBy(answers, ({ status }) => status)
  return [...counted].map(([status, { length: times }]) => ({ status, times })).sort(byStatus)
}

function byStatus(one: { status: number }, other: { status: number }): number {
  return one.status - other.status
}

function refusalCode({ text }: RawAnswer): string {
  return JSON.parse(text).error.data.refusal.code
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const order = [...items]
  shuffle(seeded(1), order)
  return order
}
