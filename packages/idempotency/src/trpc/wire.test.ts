import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import superjson from 'superjson'
import { expect, test } from 'vitest'
import { createWorld } from '../test-world.ts'
import { routerOn, type TestRouter } from './test-router.ts'

const terminating = {
  httpLink,
  httpBatchLink,
  httpBatchStreamLink,
} as const

/** The form in which `idempotencyLink()` sends a mutation, with a key that the test knows. */
const enveloping =
  (key: () => string): TRPCLink<TestRouter> =>
  () =>
  ({ op, next }) =>
    next({ ...op, input: { '~idem': 1, key: key(), input: op.input } })

async function wireWorld(name: keyof typeof terminating) {
  const world = await createWorld()
  const { fetch, counts } = routerOn(world)
  let keys: readonly string[] = []
  let used = 0
  const client = createTRPCClient<TestRouter>({
    links: [
      enveloping(() => keys[used++ % keys.length] ?? ''),
      terminating[name]({
        url: 'http://idem.test/trpc',
        transformer: superjson,
        fetch: fetch as never,
      }),
    ],
  })
  return {
    world,
    counts,
    client,
    /** The keys of the next calls, one after the other. */
    withKeys(...next: string[]) {
      keys = next
      used = 0
      return client
    },
    [Symbol.asyncDispose]: world[Symbol.asyncDispose],
  }
}

test.for(['httpLink', 'httpBatchLink', 'httpBatchStreamLink'] as const)(
  'inputs of every shape are sent twice and have one effect, over %s',
  async (name) => {
    await using it = await wireWorld(name)
    const send = () => {
      const client = it.withKeys('a', 'b', 'c', 'd')
      return Promise.all([
        client.make.mutate({ name: 'milk' }),
        client.text.mutate('tea'),
        client.tags.mutate(new Map([['sugar', 1]])),
        client.nothing.mutate(),
      ])
    }
    const first = await send()
    expect(first.map((answer) => answer.name)).toEqual(['milk', 'tea', 'sugar', 'nothing'])
    expect(await send()).toEqual(first)
    expect(await it.world.effects()).toBe(4)
  },
)

test.for(['httpLink', 'httpBatchLink', 'httpBatchStreamLink'] as const)(
  "a refusal carries its advice to the client, and a conflict of the app's own carries none, over %s",
  async (name) => {
    await using it = await wireWorld(name)
    await it.withKeys('k').make.mutate({ name: 'milk' })
    const reused = await errorOf(it.withKeys('k').make.mutate({ name: 'tea' }))
    expect(reused.data).toMatchObject({
      httpStatus: 422,
      idem: { code: 'key_reused', retry: 'never' },
    })
    const declined = await errorOf(it.withKeys('other').failing.mutate({ name: 'milk' }))
    expect(declined.data).toMatchObject({ httpStatus: 409 })
    expect(declined.data).not.toHaveProperty('idem')
  },
)

test('a key from the future is refused with the time of the server', async () => {
  await using it = await wireWorld('httpLink')
  const future = 'ffffffff-ffff-7000-8000-000000000000'
  const refused = await errorOf(it.withKeys(future).nothing.mutate())
  expect(refused.data).toMatchObject({
    httpStatus: 412,
    idem: {
      code: 'key_from_future',
      retry: 'new_key',
      serverTime: expect.stringMatching(/^20\d\d-.*Z$/),
    },
  })
})

async function errorOf(calling: Promise<unknown>) {
  const error = await calling.catch((reason: unknown) => reason)
  if (error instanceof TRPCClientError) return error
  throw new Error(`Expected a refusal, received ${String(error)}.`)
}
