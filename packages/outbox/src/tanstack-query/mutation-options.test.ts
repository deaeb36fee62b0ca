import { MutationObserver, onlineManager, QueryClient, useMutation } from '@tanstack/react-query'
import { afterEach, expect, expectTypeOf, test } from 'vitest'
import { createOutbox } from '../create-outbox.ts'
import type { Refusal } from '../entry.ts'
import type { Outbox } from '../outbox.ts'
import {
  type Answer,
  answered,
  createWorld,
  isEmpty,
  isWaiting,
  refused,
  seen,
  type Words,
} from '../test-world.ts'
import { type MutationError, mutationOptions } from './mutation-options.ts'

const noNetwork = () => Promise.reject(new Error('no network'))

afterEach(() => onlineManager.setOnline(true))

/** A page with an outbox and a client with the most unfavourable defaults. */
function open(world: ReturnType<typeof createWorld>) {
  const outbox = createOutbox<Words, Answer>({
    name: world.name,
    async send(outgoing, signal) {
      world.attempts.push({ ...outgoing, tab: 1 })
      const reply = await world.serve(outgoing, signal)
      if (reply.state === 'refused') throw Object.assign(new Error('No.'), reply)
      return reply.answer
    },
    platform: world.platform(),
  })
  const client = new QueryClient({
    defaultOptions: { mutations: { retry: 3, networkMode: 'online', gcTime: 0 } },
  })
  const stop = outbox.start()
  return {
    outbox,
    observe: (options: Parameters<typeof mutationOptions<Words, Answer, Refusal>>[1] = {}) =>
      new MutationObserver(client, mutationOptions(outbox, options)),
    [Symbol.dispose]() {
      stop()
      client.clear()
    },
  }
}

test('a mutation is sent until it is answered, under one key, and succeeds with the answer', async () => {
  await using world = createWorld()
  world.serve = async () => (world.attempts.length < 4 ? noNetwork() : answered(7))
  using page = open(world)
  const calls: string[] = []
  const mutation = page.observe({
    onMutate: ({ text }) => calls.push(`mutate ${text}`),
    onSuccess: ({ version }, { text }) => calls.push(`success ${text} ${version}`),
  })
  const mutating = mutation.mutate({ text: 'milk' })
  for (let attempts = 1; attempts < 4; attempts += 1) {
    await seen(
      page.outbox,
      ({ entries: [entry] }) => entry?.status.state === 'waiting' && entry.attempts === attempts,
    )
    expect(mutation.getCurrentResult().status).toBe('pending')
    world.advance(60_000)
  }
  expect(await mutating).toEqual({ version: 7 })
  expect(calls).toEqual(['mutate milk', 'success milk 7'])
  expect(world.attempts).toHaveLength(4)
  expect(new Set(world.attempts.map(({ key }) => key))).toHaveLength(1)
})

test('offline a mutation is stored, and a later page sends it', async () => {
  await using world = createWorld()
  onlineManager.setOnline(false)
  world.serve = noNetwork
  {
    using page = open(world)
    page
      .observe()
      .mutate({ text: 'milk' })
      .catch(() => undefined)
    // With a limit of its own: without the guarantee the test would wait for ever.
    await expect.poll(() => isWaiting(page.outbox.getSnapshot()), { timeout: 4_000 }).toBe(true)
  }
  const [{ key } = {}] = world.attempts
  world.serve = async () => answered(2)
  using page = open(world)
  const { settled } = await seen(page.outbox, (snapshot) => isEmpty(snapshot))
  expect(settled).toMatchObject([{ key, intent: { text: 'milk' }, answer: { version: 2 } }])
})

test('a refused mutation fails with the refusal, and leaves nothing behind', async () => {
  await using world = createWorld()
  world.serve = async () => refused('never')
  using page = open(world)
  const mutation = page.observe()
  await expect(mutation.mutate({ text: 'milk' })).rejects.toMatchObject({
    name: 'NotAnsweredError',
    reason: 'discarded',
    refusal: { retry: 'never', message: 'No.' },
  })
  expect(world.attempts).toHaveLength(1)
  expect(page.outbox.getSnapshot().entries).toEqual([])
})

test('mutations with one ordering key are sent in their order', async () => {
  await using world = createWorld()
  const pending = Promise.withResolvers<void>()
  world.serve = async () => {
    await pending.promise
    return answered(world.attempts.length)
  }
  using page = open(world)
  const orderingKey = () => 'milk'
  const answers = ['make', 'drop'].map((text) => page.observe({ orderingKey }).mutate({ text }))
  await expect.poll(() => world.attempts.length).toBe(1)
  pending.resolve()
  expect(await Promise.all(answers)).toEqual([{ version: 1 }, { version: 2 }])
  expect(world.attempts.map(({ intent }) => intent.text)).toEqual(['make', 'drop'])
})

test('useMutation infers intent, answer and error', () => {
  const use = (outbox: Outbox<Words, Answer, Refusal>) =>
    useMutation(
      mutationOptions(outbox, {
        onMutate: ({ text }) => text,
        onError(error, { text }, before) {
          expectTypeOf(error).toEqualTypeOf<MutationError>()
          expectTypeOf(text).toEqualTypeOf<string>()
          expectTypeOf(before).toEqualTypeOf<string | undefined>()
        },
      }),
    )
  type Mutation = ReturnType<typeof use>
  expectTypeOf<Parameters<Mutation['mutate']>[0]>().toEqualTypeOf<Words>()
  expectTypeOf<Mutation['data']>().toEqualTypeOf<Answer | undefined>()
  const retrying = (outbox: Outbox<Words, Answer, Refusal>) =>
    // @ts-expect-error The outbox retries.
    mutationOptions(outbox, { retry: 3 })
  expect(retrying).toBeTypeOf('function')
})
