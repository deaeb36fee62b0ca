import { expect, expectTypeOf, test } from 'vitest'
import { createOutbox } from './create-outbox.ts'
import type { Refusal } from './entry.ts'
import { createServerClock } from './server-clock.ts'
import { type Answer, answered, createWorld, type Reply, type Words } from './test-world.ts'

type World = ReturnType<typeof createWorld>

/** An outbox with a name and `send` only. The replies are errors or answers of its attempts, one after another. */
function open(world: World, ...replies: readonly (Reply | (() => unknown))[]) {
  const outbox = createOutbox<Words, Answer>({
    name: world.name,
    async send(outgoing) {
      world.attempts.push({ ...outgoing, tab: 1 })
      const reply = replies[world.attempts.length - 1] ?? answered(7)
      if (typeof reply === 'function') throw reply()
      if (reply.state === 'refused') throw Object.assign(new Error('No.'), reply)
      return reply.answer
    },
    platform: world.platform(),
  })
  const stop = outbox.start()
  return { outbox, [Symbol.dispose]: stop }
}

type Page = ReturnType<typeof open>

const noAnswer = () => new TypeError('Failed to fetch')
const withStatus = (status: number) => () =>
  Object.assign(new Error('An error of a proxy.'), { status })
const trpcError = (data: object) => () => Object.assign(new Error('No.'), { data })
const problem = (status: number, refusal?: Refusal) => () =>
  Response.json({ type: 'about:blank', status, detail: 'No.', refusal }, { status })

/** The state after so many attempts. */
async function entryAfter({ outbox }: Page, attempts: number, state: string) {
  await expect
    .poll(() => outbox.getSnapshot().entries, { timeout: 4_000 })
    .toMatchObject([{ attempts, status: { state } }])
  return outbox.getSnapshot().entries[0]
}

const refusal = { code: 'key_reused', retry: 'never' } as const
const missing = { code: 'key_missing', retry: 'ask_person' } as const

test.each([
  ['the data of a tRPC error', trpcError({ httpStatus: 422, idem: refusal }), refusal],
  ['the data of a tRPC error, as `refusal`', trpcError({ refusal }), refusal],
  ['an error with the members of a problem document', () => problemError(), refusal],
  ['a thrown response', problem(422, refusal), refusal],
  ['a thrown response, whatever its status', problem(500, missing), missing],
])('a refusal of the server is read without configuration from %s', async (_, thrown, expected) => {
  await using world = createWorld()
  using page = open(world, thrown)
  await page.outbox.add({ intent: { text: 'milk' } }).written
  const entry = await entryAfter(page, 1, 'needs_person')
  expect(entry?.lastError).toMatchObject({ kind: 'refused', refusal: expected })
})

function problemError() {
  return Object.assign(new Error('No.'), { type: 'about:blank', status: 422, refusal })
}

test('a refusal that advises the same key is sent again, not before the time that the server named', async () => {
  await using world = createWorld()
  const busy = { code: 'in_flight', retry: 'same_key', retryAfterMs: 9_000 } as const
  using page = open(world, problem(409, busy))
  const { answer } = page.outbox.add({ intent: { text: 'milk' } })
  const entry = await entryAfter(page, 1, 'waiting')
  expect(entry?.status).toMatchObject({ retryAt: world.now() + 9_500 })
  world.advance(9_500)
  expect(await answer).toEqual({ version: 7 })
  expect(new Set(world.attempts.map(({ key }) => key))).toHaveLength(1)
})

test.each([
  [400, 'never'],
  [403, 'ask_person'],
  [404, 'never'],
  [409, 'never'],
  [422, 'never'],
])('on the first attempt an unmarked %i is a refusal', async (status, retry) => {
  for (const thrown of [
    withStatus(status),
    trpcError({ httpStatus: status }),
    () => new Response('<h1>No.</h1>', { status }),
  ]) {
    await using world = createWorld()
    using page = open(world, thrown)
    await page.outbox.add({ intent: { text: 'milk' } }).written
    const entry = await entryAfter(page, 1, 'needs_person')
    expect(entry?.status).toMatchObject({ question: { kind: 'refused', refusal: { retry } } })
  }
})

test.each([401, 408, 425, 429, 500, 501, 502, 503])(
  'an unmarked %i is unknown, and is sent again under the same key',
  async (status) => {
    for (const thrown of [withStatus(status), () => new Response('', { status })]) {
      await using world = createWorld()
      using page = open(world, thrown)
      const { answer } = page.outbox.add({ intent: { text: 'milk' } })
      const entry = await entryAfter(page, 1, 'waiting')
      expect(entry).toMatchObject({ isUnknown: true, lastError: { kind: 'no_answer' } })
      world.advance(60_000)
      expect(await answer).toEqual({ version: 7 })
      expect(new Set(world.attempts.map(({ key }) => key))).toHaveLength(1)
    }
  },
)

test.each([400, 403, 404, 413])(
  'after an attempt without an answer the status %i of a proxy refuses nothing',
  async (status) => {
    await using world = createWorld()
    using page = open(world, noAnswer, withStatus(status))
    const { answer } = page.outbox.add({ intent: { text: 'milk' } })
    await entryAfter(page, 1, 'waiting')
    world.advance(60_000)
    await entryAfter(page, 2, 'waiting')
    world.advance(60_000)
    expect(await answer).toEqual({ version: 7 })
    expect(new Set(world.attempts.map(({ key }) => key))).toHaveLength(1)
  },
)

test('a key that expired after an attempt without an answer is unknown, and a person is asked', async () => {
  await using world = createWorld()
  const expired = { code: 'key_expired', retry: 'new_key' } as const
  using page = open(world, noAnswer, problem(422, expired))
  const { key, answer } = page.outbox.add({ intent: { text: 'milk' } })
  await entryAfter(page, 1, 'waiting')
  world.advance(60_000)
  await entryAfter(page, 2, 'needs_person')
  await page.outbox.discard(key)
  await expect(answer).rejects.toMatchObject({ reason: 'unknown', refusal: expired })
})

test("keys follow the server's clock after the first one that a wrong device clock put into the future", async () => {
  await using world = createWorld()
  const serverTime = '2026-01-01T03:00:00.000Z'
  const ahead = { code: 'key_from_future', retry: 'new_key', serverTime } as const
  using page = open(world, problem(422, ahead))
  const { key, answer } = page.outbox.add({ intent: { text: 'milk' } })
  expect(await answer).toEqual({ version: 7 })
  const next = page.outbox.add({ intent: { text: 'bread' } })
  await next.answer
  const mintedAt = (of: string | undefined) => Number.parseInt(`${of}`.replace('-', ''), 16)
  const keys = world.attempts.map((sent) => sent.key)
  expect(keys).toHaveLength(3)
  expect(keys[0]).toBe(key)
  expect(mintedAt(key)).toBe(world.now())
  expect(mintedAt(keys[1])).toBe(Date.parse(serverTime))
  expect(mintedAt(keys[2])).toBe(Date.parse(serverTime))
})

test('an outbox mints and learns by the clock that it is given', async () => {
  await using world = createWorld()
  const clock = createServerClock(() => 1_700_000_000_000)
  const outbox = createOutbox<Words, Answer>({
    name: world.name,
    clock,
    send: async () => ({ version: 1 }),
    platform: world.platform(),
  })
  expect(outbox.add({ intent: { text: 'milk' } }).key).toMatch(/^018bcfe5-6800-7/)
})

test('an own `refusalOf` replaces the default', async () => {
  await using world = createWorld()
  const outbox = createOutbox<Words, Answer, { readonly retry: 'never'; readonly why: string }>({
    name: world.name,
    send: () => Promise.reject(Object.assign(new Error('gone'), { status: 404 })),
    refusalOf: (error) =>
      error instanceof Error ? { retry: 'never', why: error.message } : undefined,
    platform: world.platform(),
  })
  const stop = outbox.start()
  await outbox.add({ intent: { text: 'milk' } }).written
  await expect
    .poll(() => outbox.getSnapshot().entries[0]?.lastError)
    .toMatchObject({
      refusal: { why: 'gone' },
    })
  stop()
})

test('without `refusalOf` the refusals have the type of the server package', () => {
  type Question = ReturnType<Page['outbox']['getSnapshot']>['entries'][number]['lastError']
  expectTypeOf<Extract<Question, { kind: 'refused' }>['refusal']>().toEqualTypeOf<Refusal>()
})
