import type { Todo } from '@idem/contract/todo'
import { v7 } from 'uuid'
import { afterAll, expect, test, vi } from 'vitest'
import { isSupported } from '../model/apis.ts'
import type { KeyedCall } from '../model/call.ts'
import { buildNextRelease } from './build-next-release.ts'
import { type Release, twoReleases } from './two-releases-world.ts'

vi.setConfig({ testTimeout: 60_000 })

const next = await buildNextRelease({ page: 'current' })
afterAll(() => next[Symbol.asyncDispose]())
const world = await twoReleases(next)
afterAll(() => world[Symbol.asyncDispose]())

async function created(by: Release): Promise<Todo> {
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  return dataIn((await world[by].raw.mutate('createTodo', input)).text)
}

function dataIn(text: string) {
  return JSON.parse(text).result.data
}

/** The member `refusal`, which both APIs write last, to the byte. */
function refusalIn(text: string): string {
  return /"refusal":(\{[^}]*\})/.exec(text)?.[1] ?? ''
}

type Story = {
  readonly effects: 0 | 1
  readonly status: number
  readonly call: (todo: Todo) => KeyedCall
}

/** Calls on one new todo, in this order. */
const story: readonly Story[] = [
  {
    effects: 1,
    status: 200,
    call: () => ({ operation: 'createTodo', input: { title: 'Buy tea' } }),
  },
  {
    effects: 0,
    status: 409,
    call: ({ id }) => ({ operation: 'createTodo', input: { id, title: 'Buy tea' } }),
  },
  {
    effects: 0,
    status: 409,
    call: ({ id }) => ({
      operation: 'updateTodo',
      input: { id, version: 7, title: 'Buy tea', completed: true },
    }),
  },
  {
    effects: 0,
    status: 404,
    call: () => ({ operation: 'restoreTodo', input: { id: v7() } }),
  },
  {
    effects: 1,
    status: 200,
    call: ({ id }) => ({
      operation: 'updateTodo',
      input: { id, version: 1, title: 'Buy tea', completed: true },
    }),
  },
  {
    effects: 1,
    status: 200,
    call: ({ id }) => ({ operation: 'deleteTodo', input: { id, version: 2 } }),
  },
  {
    effects: 1,
    status: 200,
    call: ({ id }) => ({ operation: 'restoreTodo', input: { id, version: 3 } }),
  },
]

test.for([
  { first: 'this', second: 'next' },
  { first: 'next', second: 'this' },
] as const)(
  'answers and refusals of "$first" are replayed by "$second" with equal text and status',
  async ({ first, second }) => {
    const todo = await created(first)
    const keys: string[] = []
    for (const { call, status } of story) {
      const keyed = { ...call(todo), key: v7() } as const
      const answer = await world[first].ask('trpc', keyed)
      expect(answer.status, keyed.operation).toBe(status)
      expect(await world[second].ask('trpc', keyed)).toEqual(answer)
      if (isSupported('rest', keyed)) {
        const replay = await world[second].ask('rest', keyed)
        expect(replay).toEqual(await world[first].ask('rest', keyed))
        expect(replay.replayed).toBe(true)
        expect([answer.text, undefined]).toContain(replay.text)
      }
      keys.push(keyed.key)
    }
    expect(await world.effectsOf(...keys)).toEqual(story.map(({ effects }) => effects))
  },
)

test('each release stores members that the other does not know, and replays those of the other', async () => {
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  const answer = await world.next.raw.mutate('createTodo', input)
  expect(dataIn(answer.text)).toMatchObject({ archived: false })
  expect(await world.this.raw.mutate('createTodo', input)).toEqual(answer)
  const conflict = { idempotencyKey: v7(), id: dataIn(answer.text).id, version: 9 }
  const refused = await world.next.raw.mutate('updateTodo', conflict)
  expect(refused.text).toContain('"archived":false')
  expect(await world.this.raw.mutate('updateTodo', conflict)).toEqual(refused)
})

test('duplicates sent to both releases at once have one effect and equal answers', async () => {
  const todos = await Promise.all(Array.from({ length: 20 }, () => created('this')))
  const intents = todos.flatMap(({ id }, at) => [
    { path: 'createTodo', input: { idempotencyKey: v7(), title: 'Buy tea' } },
    at % 2 === 0
      ? { path: 'updateTodo', input: { idempotencyKey: v7(), id, version: 1, title: 'Buy tea' } }
      : { path: 'deleteTodo', input: { idempotencyKey: v7(), id, version: 1 } },
  ])
  await Promise.all(
    intents.map(async ({ path, input }, at) => {
      const copies = Array.from({ length: 8 }, (_, copy) =>
        ((at + copy) % 2 === 0 ? world.this : world.next).raw.mutate(path, input),
      )
      const answers = await Promise.all(copies)
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
      expect(answers[0]?.status).toBe(200)
    }),
  )
  const keys = intents.map(({ input }) => input.idempotencyKey)
  expect(await world.effectsOf(...keys)).toEqual(keys.map(() => 1))
})

test('a refusal code that this release does not know is replayed with its text and status', async () => {
  const { id } = await created('next')
  await world.next.raw.mutate('archiveTodo', { id, version: 1, idempotencyKey: v7() })
  const key = v7()
  const input = { id, version: 2, title: 'Buy tea', completed: true }
  const first = await world.next.raw.mutate('updateTodo', { ...input, idempotencyKey: key })
  expect(refusalIn(first.text)).toMatch(
    /^\{"code":"todo_archived","retry":"ask_person","archivedAt":/,
  )

  const replay = await world.this.raw.mutate('updateTodo', { ...input, idempotencyKey: key })
  expect(replay.status).toBe(first.status)
  expect(refusalIn(replay.text)).toBe(refusalIn(first.text))
  const call = { operation: 'updateTodo', key, input } as const
  const overRest = await world.this.ask('rest', call)
  expect(overRest).toEqual(await world.next.ask('rest', call))
  expect(overRest).toMatchObject({ status: 423, replayed: true, text: refusalIn(first.text) })
  for (const api of ['trpc', 'rest'] as const) {
    const outcome = await world.this.ask(api, { operation: 'outcomeOf', key })
    expect(outcome).toEqual(await world.next.ask(api, { operation: 'outcomeOf', key }))
    expect(outcome.text).toContain(refusalIn(first.text))
  }
  expect(await world.effectsOf(key)).toEqual([0])
})

test('an operation that only the next release has is refused by this one, and its key stays free', async () => {
  const { id } = await created('this')
  const input = { id, version: 1, idempotencyKey: v7() }
  const refused = await world.this.raw.mutate('archiveTodo', input)
  expect(refused.status).toBe(404)
  expect(JSON.parse(refusalIn(refused.text))).toMatchObject({ code: 'no_such_route' })
  expect(await world.keys()).not.toContain(input.idempotencyKey)

  const answer = await world.next.raw.mutate('archiveTodo', input)
  expect(dataIn(answer.text)).toMatchObject({ id, version: 2, archived: true })
  const outcome = await world.this.raw.query('outcomeOf', { idempotencyKey: input.idempotencyKey })
  expect(dataIn(outcome.text)).toMatchObject({ state: 'answered', operation: 'archiveTodo' })
  expect(dataIn(outcome.text).answer).toEqual(dataIn(answer.text))
  const other = { idempotencyKey: input.idempotencyKey, title: 'Buy tea' }
  expect((await world.this.raw.mutate('createTodo', other)).status).toBe(422)
  expect(await world.effectsOf(input.idempotencyKey)).toEqual([1])
})
