import { MutationObserver, onlineManager, QueryClient, useMutation } from '@tanstack/react-query'
import { afterEach, expect, expectTypeOf, test } from 'vitest'
import type { Advised } from '../entry.ts'
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
import { createOutbox, type MutationError } from './create-outbox.ts'

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
    observe: (options?: Parameters<typeof outbox.mutationOptions>[0]) =>
      new MutationObserver(client, outbox.mutationOptions(options)),
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

const withStatus = (status: number) =>
  Promise.reject(Object.assign(new Error('An error of a proxy.'), { status }))

/** Waits until so many attempts are over, and makes the next one. */
async function nextAttempt(
  { world, page }: { world: ReturnType<typeof createWorld>; page: ReturnType<typeof open> },
  after: number,
) {
  await expect
    .poll(() => page.outbox.getSnapshot().entries, { timeout: 4_000 })
    .toMatchObject([{ attempts: after, status: { state: 'waiting' } }])
  world.advance(60_000)
}

test.each([400, 403, 404, 413])(
  'after an attempt without an answer the status %i of a proxy refuses nothing, and the mutation succeeds',
  async (status) => {
    await using world = createWorld()
    world.serve = async () => {
      if (world.attempts.length === 1) return noNetwork()
      return world.attempts.length === 2 ? withStatus(status) : answered(7)
    }
    using page = open(world)
    const mutating = page.observe().mutate({ text: 'milk' })
    mutating.catch(() => undefined)
    await nextAttempt({ world, page }, 1)
    await nextAttempt({ world, page }, 2)
    expect(await mutating).toEqual({ version: 7 })
    expect(new Set(world.attempts.map(({ key }) => key))).toHaveLength(1)
  },
)

test.each([400, 403])('on the first attempt the status %i is a refusal', async (status) => {
  await using world = createWorld()
  world.serve = () => withStatus(status)
  using page = open(world)
  await expect(page.observe().mutate({ text: 'milk' })).rejects.toMatchObject({
    reason: 'discarded',
  })
  expect(world.attempts).toHaveLength(1)
})

test('a key that expired after an attempt without an answer ends as unknown, not as discarded', async () => {
  await using world = createWorld()
  const expired = { code: 'key_expired' }
  world.serve = async () =>
    world.attempts.length === 1 ? noNetwork() : refused('new_key', expired)
  using page = open(world)
  const mutating = page.observe().mutate({ text: 'milk' })
  mutating.catch(() => undefined)
  await nextAttempt({ world, page }, 1)
  await expect(mutating).rejects.toMatchObject({ reason: 'unknown', refusal: expired })
})

test("a key that the device's clock put into the future is replaced once", async () => {
  await using world = createWorld()
  const serverTime = '2026-01-02T03:00:00.000Z'
  world.serve = async () =>
    world.attempts.length === 1
      ? refused('new_key', { code: 'key_from_future', serverTime } as Partial<Advised>)
      : answered(1)
  using page = open(world)
  expect(await page.observe().mutate({ text: 'milk' })).toEqual({ version: 1 })
  const [first, second] = world.attempts.map(({ key }) => key)
  expect(second).not.toBe(first)
  expect(second?.replace('-', '').slice(0, 12)).toBe(
    Date.parse(serverTime).toString(16).padStart(12, '0'),
  )
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
  const use = (outbox: ReturnType<typeof createOutbox<Words, Answer>>) =>
    useMutation(
      outbox.mutationOptions({
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
  // @ts-expect-error The outbox retries.
  const retrying = (outbox: ReturnType<typeof createOutbox>) => outbox.mutationOptions({ retry: 3 })
  expect(retrying).toBeTypeOf('function')
})
