import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  retryLink,
  TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import superjson from 'superjson'
import { beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import { createFormIntent } from '../react/form-intent.ts'
import { idempotencyLink } from './idempotency-link.ts'
import { type AppRouter, type AppServer, startAppServer } from './test-app-server.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const terminating = { httpLink, httpBatchLink, httpBatchStreamLink }
const names = ['httpLink', 'httpBatchLink', 'httpBatchStreamLink'] as const
type Name = (typeof names)[number]

// No pause, unless the server names one.
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
})

function clientOf(
  { url }: AppServer,
  options: Parameters<typeof idempotencyLink>[0] & {
    readonly name?: Name
    readonly before?: TRPCLink<AppRouter>[]
  } = {},
) {
  const { name = 'httpBatchLink', before = [], ...more } = options
  const last = terminating[name]<AppRouter>({ url, transformer: superjson })
  return createTRPCClient<AppRouter>({ links: [...before, idempotencyLink(more), last] })
}

test.each(names.flatMap((name) => (['lost', 'cut'] as const).map((fault) => ({ name, fault }))))(
  '$name: a call whose answer is $fault twice is sent three times and takes effect once',
  async ({ name, fault }) => {
    await using server = await startAppServer()
    server.faults.push(fault, fault)
    const answer = await clientOf(server, { name }).addNote.mutate({ text: 'milk' })
    expect(answer).toEqual({ id: 1, input: { text: 'milk' } })
    expect(server.notes).toHaveLength(1)
    expect(server.inputs).toHaveLength(3)
    expect(server.keys()[0]).toMatch(uuidV7)
    expect(new Set(server.keys())).toHaveLength(1)
  },
)

test.each(names)(
  '%s: calls of one batch have their own keys, and are repeated under them',
  async (name) => {
    await using server = await startAppServer()
    server.faults.push('lost')
    const client = clientOf(server, { name })
    const texts = ['milk', 'milk', 'bread']
    const answers = await Promise.all(texts.map((text) => client.addNote.mutate({ text })))
    expect(answers.map(({ input }) => input)).toEqual(texts.map((text) => ({ text })))
    expect(new Set(answers.map(({ id }) => id))).toHaveLength(3)
    expect(server.notes).toHaveLength(3)
  },
)

test.each([
  ['a string', 'milk'],
  ['nothing', undefined],
  ['null', null],
  ['a list', [1, [2]]],
  ['a Map', new Map([['milk', new Date(0)]])],
  ['an object of a class', { at: new Date(0), big: 12n, missing: undefined }],
])('%s as input arrives as it is', async (_, input) => {
  await using server = await startAppServer()
  server.faults.push('lost')
  const answer = await clientOf(server, { name: 'httpBatchStreamLink' }).addNote.mutate(input)
  expect(answer.input).toEqual(input)
  expect(server.inputs).toMatchObject(Array(2).fill({ '~idem': 1, key: server.keys()[0], input }))
})

test.each([
  { code: 'CONFLICT', refusal: { code: 'in_flight', retry: 'same_key', retryAfterMs: 1 } },
  { code: 'SERVICE_UNAVAILABLE', refusal: { code: 'unavailable', retry: 'same_key' } },
  { code: 'SERVICE_UNAVAILABLE' },
] as const)('an error like %j is repeated under the same key', async (problem) => {
  await using server = await startAppServer()
  server.problems.push(...Array(5).fill(problem))
  await clientOf(server).addNote.mutate('milk')
  expect(server.inputs).toHaveLength(6)
  expect(new Set(server.keys())).toHaveLength(1)
})

test('a call is not repeated before the time that the server named', async () => {
  await using server = await startAppServer()
  const refusal = { code: 'in_flight', retry: 'same_key', retryAfterMs: 300 }
  server.problems.push({ code: 'CONFLICT', refusal })
  const start = performance.now()
  await clientOf(server).addNote.mutate('milk')
  expect(performance.now() - start).toBeGreaterThan(290)
})

test.each([
  { code: 'CONFLICT' },
  { code: 'BAD_REQUEST' },
  { code: 'UNAUTHORIZED' },
  { code: 'TOO_MANY_REQUESTS' },
  { code: 'UNPROCESSABLE_CONTENT', refusal: { code: 'key_reused', retry: 'never' } },
  { code: 'PRECONDITION_FAILED', refusal: { code: 'key_expired', retry: 'new_key' } },
] as const)('an error like %j rejects at once', async (problem) => {
  await using server = await startAppServer()
  server.problems.push(problem)
  const calling = clientOf(server).addNote.mutate('milk')
  await expect(calling).rejects.toMatchObject({ data: { code: problem.code } })
  await expect(calling).rejects.toBeInstanceOf(TRPCClientError)
  expect(server.requests()).toBe(1)
})

test('after three errors 500 the call rejects with the last one', async () => {
  await using server = await startAppServer()
  server.problems.push(...Array(5).fill({ code: 'INTERNAL_SERVER_ERROR' }))
  const calling = clientOf(server).addNote.mutate('milk')
  await expect(calling).rejects.toMatchObject({ data: { httpStatus: 500 } })
  expect(server.requests()).toBe(3)
  expect(new Set(server.keys())).toHaveLength(1)
})

test.each([
  { status: 502 },
  { status: 200, body: '<h1>Welcome to our network</h1>' },
  { status: 200, body: '{}' },
  { status: 503, body: '{"message":"Service Unavailable"}' },
  { status: 429, body: '{"message":"Too many"}' },
])('a response of a proxy like %j is no answer', async (reply) => {
  await using server = await startAppServer()
  server.faults.push(...Array(4).fill(reply))
  expect(await clientOf(server).addNote.mutate('milk')).toMatchObject({ id: 1 })
  expect(server.requests()).toBe(5)
})

test('after a lost answer a 4xx response of a proxy is no answer', async () => {
  await using server = await startAppServer()
  const body = '{"message":"Forbidden"}'
  server.faults.push('lost', { status: 403, body }, { status: 413, body })
  expect(await clientOf(server).addNote.mutate('milk')).toMatchObject({ id: 1 })
  expect(server.notes).toHaveLength(1)
})

test.each(['FORBIDDEN', 'NOT_FOUND'] as const)(
  'after a lost answer an error %s of the application rejects, and a form keeps its key',
  async (code) => {
    await using server = await startAppServer()
    server.faults.push('lost')
    server.problems.push(undefined, { code })
    const intent = createFormIntent(code)
    const submit = () => clientOf(server).addNote.mutate('milk', { context: intent.context })
    await expect(submit()).rejects.toMatchObject({ data: { code } })
    expect(await submit()).toMatchObject({ id: 1 })
    expect(server.notes).toHaveLength(1)
  },
)

test('a 4xx response of a proxy rejects', async () => {
  await using server = await startAppServer()
  server.faults.push({ status: 403, body: '{"message":"Forbidden"}' })
  await expect(clientOf(server).addNote.mutate('milk')).rejects.toThrow(TRPCClientError)
  expect(server.requests()).toBe(1)
})

test.each(names)('%s: an attempt that takes too long is repeated', async (name) => {
  await using server = await startAppServer()
  server.faults.push('silent')
  const client = clientOf(server, { name, attemptTimeoutMs: 1_000 })
  expect(await client.addNote.mutate('milk')).toMatchObject({ id: 1 })
  // On a busy machine the second attempt may be too slow as well.
  expect(server.requests()).toBeGreaterThan(1)
  expect(server.notes).toHaveLength(1)
})

test('an abort rejects and ends the attempts', async () => {
  await using server = await startAppServer()
  server.faults.push('silent')
  const aborting = new AbortController()
  const calling = clientOf(server).addNote.mutate('milk', { signal: aborting.signal })
  await expect.poll(server.requests).toBe(1)
  aborting.abort()
  await expect(calling).rejects.toBeInstanceOf(TRPCClientError)
  expect(server.requests()).toBe(1)
})

test('an abort between two attempts rejects', async () => {
  await using server = await startAppServer()
  const refusal = { code: 'in_flight', retry: 'same_key', retryAfterMs: 60_000 }
  server.problems.push({ code: 'CONFLICT', refusal })
  const aborting = new AbortController()
  const calling = clientOf(server).addNote.mutate('milk', { signal: aborting.signal })
  await expect.poll(() => server.inputs.length).toBe(1)
  aborting.abort()
  await expect(calling).rejects.toBeInstanceOf(TRPCClientError)
  expect(server.requests()).toBe(1)
})

test('a member idempotencyKey of the input is the key, and stays in the input', async () => {
  await using server = await startAppServer()
  const input = { idempotencyKey: 'mine', text: 'milk' }
  await clientOf(server).addNote.mutate(input)
  expect(server.inputs).toEqual([{ '~idem': 1, key: 'mine', input }])
})

test('the key of the context is used, and its callback gets the result of the call', async () => {
  await using server = await startAppServer()
  const ends: unknown[] = []
  const context = {
    idempotencyKey: 'of the form',
    onSettled: (key: string, error?: unknown) => ends.push([key, error]),
  }
  const client = clientOf(server)
  server.faults.push('lost')
  await client.addNote.mutate({ idempotencyKey: 'of the input' }, { context })
  expect(ends).toEqual([['of the form', undefined]])
  server.problems.push({ code: 'CONFLICT' })
  await expect(client.addNote.mutate('milk', { context })).rejects.toThrow()
  expect(server.keys()).toEqual(['of the form', 'of the form', 'of the form'])
  expect(ends[1]).toMatchObject(['of the form', { data: { code: 'CONFLICT' } }])
})

const ahead = {
  code: 'PRECONDITION_FAILED',
  refusal: {
    code: 'key_from_future',
    retry: 'new_key',
    serverTime: new Date('2026-01-02T03:04:05.000Z').toISOString(),
  },
} as const
const mintedAt = (key = '') => Number.parseInt(key.replace('-', '').slice(0, 12), 16)

test("on a device whose clock is ahead, a call gets another key by the server's clock", async () => {
  await using server = await startAppServer()
  server.problems.push(ahead)
  const client = clientOf(server)
  expect(await client.addNote.mutate('milk')).toMatchObject({ id: 1 })
  await client.addNote.mutate('bread')
  const [, second, third] = server.keys().map(mintedAt)
  const serverTime = Date.parse(ahead.refusal.serverTime)
  expect(second).toBeGreaterThanOrEqual(serverTime)
  expect(third).toBeLessThan(serverTime + 60_000)
  expect(server.inputs).toHaveLength(3)
})

test('the call of a form gets another key as well, and the form gets a new one after the answer', async () => {
  await using server = await startAppServer()
  server.problems.push(ahead)
  const intent = createFormIntent('note')
  await clientOf(server).addNote.mutate('milk', { context: intent.context })
  expect(new Set(server.keys())).toHaveLength(2)
  expect(intent.key).not.toBe(server.keys()[1])
})

test('a second such refusal rejects, and so does that of a key that the caller chose', async () => {
  await using server = await startAppServer()
  server.problems.push(ahead, ahead, ahead)
  const client = clientOf(server)
  const refused = { data: { idem: ahead.refusal } }
  await expect(client.addNote.mutate('milk')).rejects.toMatchObject(refused)
  expect(server.inputs).toHaveLength(2)
  const context = { idempotencyKey: 'mine' }
  await expect(client.addNote.mutate('milk', { context })).rejects.toMatchObject(refused)
  expect(server.inputs).toHaveLength(3)
})

test('an expired key rejects: a call that is a day old may have taken effect', async () => {
  await using server = await startAppServer()
  server.problems.push({ ...ahead, refusal: { ...ahead.refusal, code: 'key_expired' } })
  await expect(clientOf(server).addNote.mutate('milk')).rejects.toThrow()
  expect(server.inputs).toHaveLength(1)
})

test('a call that a link before this one repeats keeps its key', async () => {
  await using server = await startAppServer()
  server.problems.push({ code: 'CONFLICT' }, { code: 'CONFLICT' })
  const before = [retryLink<AppRouter>({ retry: ({ attempts }) => attempts < 5 })]
  await clientOf(server, { before }).addNote.mutate('milk')
  expect(server.inputs).toHaveLength(3)
  expect(new Set(server.keys())).toHaveLength(1)
})

test('mutations that `paths` does not name, and queries, are sent once and without a key', async () => {
  await using server = await startAppServer()
  const client = clientOf(server, { paths: ['addNote'] })
  expect(await client.echo.mutate('bare')).toBe('bare')
  expect(await client.read.query('bare')).toBe('bare')
  expect(await client.addNote.mutate('milk')).toMatchObject({ id: 1 })
  server.faults.push('lost', 'lost')
  await expect(client.echo.mutate('bare')).rejects.toThrow()
  await expect(client.read.query('bare')).rejects.toThrow()
  expect(server.requests()).toBe(5)
})

const form = new FormData()
form.append('text', 'milk')
test.each([
  ['FormData', form],
  ['a Blob', new Blob(['milk'])],
  ['bytes', new Uint8Array(3)],
])('%s as input is sent once, and without a key', async (_, input) => {
  await using server = await startAppServer()
  server.faults.push('lost')
  await expect(clientOf(server, { name: 'httpLink' }).echo.mutate(input)).rejects.toThrow()
  expect(server.requests()).toBe(1)
  expect(server.inputs).not.toMatchObject([{ '~idem': 1 }])
})

test('inputs and answers keep the types of the router', () => {
  const client = createTRPCClient<AppRouter>({
    links: [idempotencyLink(), httpBatchLink({ url: '/', transformer: superjson })],
  })
  expectTypeOf(client.addNote.mutate).returns.resolves.toEqualTypeOf<{
    readonly id: number
    readonly input: unknown
  }>()
  expectTypeOf(idempotencyLink<AppRouter>()).toEqualTypeOf<TRPCLink<AppRouter>>()
})
