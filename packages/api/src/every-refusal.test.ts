import { type Refusal, RefusalCode } from '@idem/contract/refusal'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import { v7 } from 'uuid'
import { afterAll, expect, test } from 'vitest'
import type { Sent } from './rest/test-exchange.ts'
import { type Asked, decliningApis } from './test-declining-apis.ts'

/** A refusal, and for each API a request that gets it. The key is new each time. */
type Row = {
  readonly status: number
  /** If REST has a more precise status than tRPC. */
  readonly restStatus?: number
  readonly trpcCode: TRPC_ERROR_CODE_KEY
  readonly retry: Refusal['retry']
  readonly stored: boolean
  /** Members besides the code and the advice. */
  readonly details?: readonly string[]
  readonly before?: (key: string) => Promise<unknown>
  readonly trpc: ((key: string) => Asked) | 'not applicable'
  readonly rest: (key: string) => Asked
}

const hour = 3_600_000
const milk = { title: 'Buy milk' }
const isTime = expect.stringMatching(/^\d{4}-.*Z$/)

const post = (path: string, body: unknown, more: Sent = {}): Asked => ({
  path: `/api/trpc/${path}`,
  method: 'POST',
  body,
  ...more,
})
const create = (key: string, more: object = {}) =>
  post('createTodo', { idempotencyKey: key, ...milk, ...more })
const restCreate = (key: string, more: Sent = {}): Asked => ({
  path: '/todos',
  method: 'POST',
  body: milk,
  key,
  ...more,
})
const put = (id: string, key: string, more: Sent = {}): Asked => ({
  path: `/todos/${id}`,
  method: 'PUT',
  body: { ...milk, completed: true },
  key,
  ...more,
})
/** The check in front of the handlers refuses. */
const declined = (code: string) => ({ headers: ['x-declined', code] })
const inState = (state: 'away' | 'broken') => ({ headers: ['x-database', state] })
const large = JSON.stringify(milk).padEnd(65_537)

const apis = await decliningApis()
afterAll(() => apis[Symbol.asyncDispose]())

const existing = v7()
const named = { path: '/todos/99', method: 'GET' } as const
await apis.ask(restCreate('existing', { body: { ...milk, id: existing } }))

const rows: Readonly<Record<RefusalCode, Row>> = {
  key_missing: {
    status: 400,
    trpcCode: 'BAD_REQUEST',
    retry: 'never',
    stored: false,
    trpc: () => post('createTodo', milk),
    // With a required key.
    rest: () => ({ path: '/todos', method: 'POST', body: milk, headers: ['x-key', 'required'] }),
  },
  key_malformed: {
    status: 400,
    trpcCode: 'BAD_REQUEST',
    retry: 'never',
    stored: false,
    trpc: () => create('a b'),
    rest: () => restCreate('a b'),
  },
  key_ambiguous: {
    status: 400,
    trpcCode: 'BAD_REQUEST',
    retry: 'never',
    stored: false,
    trpc: (key) => ({ ...create(key), headers: ['idempotency-key', key, 'idempotency-key', key] }),
    rest: (key) => restCreate(key, { headers: ['idempotency-key', key] }),
  },
  invalid_input: {
    status: 400,
    trpcCode: 'BAD_REQUEST',
    retry: 'never',
    stored: false,
    details: ['paths'],
    trpc: (key) => create(key, { title: ' ' }),
    rest: (key) => restCreate(key, { body: { title: ' ' } }),
  },
  unauthenticated: {
    status: 401,
    trpcCode: 'UNAUTHORIZED',
    retry: 'same_key',
    stored: false,
    trpc: (key) => ({ ...create(key), ...declined('unauthenticated') }),
    rest: (key) => restCreate(key, declined('unauthenticated')),
  },
  forbidden: {
    status: 403,
    trpcCode: 'FORBIDDEN',
    retry: 'ask_person',
    stored: false,
    trpc: (key) => ({ ...create(key), ...declined('forbidden') }),
    rest: (key) => restCreate(key, declined('forbidden')),
  },
  too_many: {
    status: 429,
    trpcCode: 'TOO_MANY_REQUESTS',
    retry: 'same_key',
    stored: false,
    trpc: (key) => ({ ...create(key), ...declined('too_many') }),
    rest: (key) => restCreate(key, declined('too_many')),
  },
  not_found: {
    status: 404,
    trpcCode: 'NOT_FOUND',
    retry: 'never',
    stored: true,
    trpc: (key) => post('restoreTodo', { id: v7(), idempotencyKey: key }),
    rest: (key) => put(v7(), key, { ifMatch: '"1"' }),
  },
  in_flight: {
    status: 409,
    trpcCode: 'CONFLICT',
    retry: 'same_key',
    stored: false,
    details: ['retryAfterMs'],
    before: (key) => apis.holdKey(key),
    trpc: (key) => create(key),
    rest: (key) => restCreate(key),
  },
  cancelled: {
    status: 409,
    trpcCode: 'CONFLICT',
    retry: 'never',
    stored: true,
    before: (key) => apis.ask(post('cancel', { idempotencyKey: key })),
    trpc: (key) => create(key),
    rest: (key) => restCreate(key),
  },
  version_conflict: {
    status: 409,
    restStatus: 412,
    trpcCode: 'CONFLICT',
    retry: 'ask_person',
    stored: true,
    details: ['current'],
    trpc: (key) => post('deleteTodo', { id: existing, version: 7, idempotencyKey: key }),
    rest: (key) => put(existing, key, { ifMatch: '"7"' }),
  },
  version_missing: {
    status: 428,
    trpcCode: 'PRECONDITION_REQUIRED',
    retry: 'never',
    stored: false,
    // Over tRPC the version is a member of the input, and its absence is invalid input.
    trpc: 'not applicable',
    rest: (key) => put(existing, key),
  },
  id_taken: {
    status: 409,
    trpcCode: 'CONFLICT',
    retry: 'never',
    stored: true,
    details: ['current'],
    trpc: (key) => create(key, { id: existing, title: 'Buy tea' }),
    rest: (key) => restCreate(key, { body: { id: existing, title: 'Buy tea' } }),
  },
  key_expired: {
    status: 412,
    trpcCode: 'PRECONDITION_FAILED',
    retry: 'new_key',
    stored: false,
    details: ['serverTime'],
    trpc: () => create(v7({ msecs: Date.now() - 24 * hour })),
    rest: () => restCreate(v7({ msecs: Date.now() - 24 * hour })),
  },
  key_from_future: {
    status: 412,
    trpcCode: 'PRECONDITION_FAILED',
    retry: 'new_key',
    // Up to a day ahead; see below.
    stored: false,
    details: ['serverTime'],
    trpc: () => create(v7({ msecs: Date.now() + 25 * hour })),
    rest: () => restCreate(v7({ msecs: Date.now() + 25 * hour })),
  },
  effect_escaped: {
    status: 500,
    trpcCode: 'INTERNAL_SERVER_ERROR',
    retry: 'ask_person',
    stored: false,
    async before(key) {
      await apis.ask(restCreate(key))
      await apis.loseAnswer(key)
    },
    trpc: (key) => create(key),
    rest: (key) => restCreate(key),
  },
  key_reused: {
    status: 422,
    trpcCode: 'UNPROCESSABLE_CONTENT',
    retry: 'never',
    stored: false,
    before: (key) => apis.ask(restCreate(key)),
    trpc: (key) => create(key, { title: 'Buy tea' }),
    rest: (key) => restCreate(key, { body: { title: 'Buy tea' } }),
  },
  too_large: {
    status: 413,
    trpcCode: 'PAYLOAD_TOO_LARGE',
    retry: 'never',
    stored: false,
    trpc: () => post('createTodo', large),
    rest: (key) => restCreate(key, { body: large }),
  },
  wrong_type: {
    status: 415,
    trpcCode: 'UNSUPPORTED_MEDIA_TYPE',
    retry: 'never',
    stored: false,
    trpc: (key) => ({ ...create(key), headers: ['content-type', 'text/plain'] }),
    rest: (key) => restCreate(key, { headers: ['content-type', 'text/plain'] }),
  },
  unavailable: {
    status: 503,
    trpcCode: 'SERVICE_UNAVAILABLE',
    retry: 'same_key',
    stored: false,
    details: ['retryAfterMs'],
    trpc: (key) => ({ ...create(key), ...inState('away') }),
    rest: (key) => restCreate(key, inState('away')),
  },
  no_such_route: {
    status: 404,
    trpcCode: 'NOT_FOUND',
    retry: 'never',
    stored: false,
    trpc: () => post('nothing', {}),
    rest: () => ({ ...named, path: '/todos/99/nothing' }),
  },
  method_not_allowed: {
    status: 405,
    trpcCode: 'METHOD_NOT_SUPPORTED',
    retry: 'never',
    stored: false,
    trpc: (key) => ({ ...create(key), method: 'PUT' }),
    rest: () => ({ ...named, method: 'PATCH' }),
  },
  unexpected: {
    status: 500,
    trpcCode: 'INTERNAL_SERVER_ERROR',
    retry: 'same_key',
    stored: false,
    details: ['correlationId'],
    trpc: (key) => ({ ...create(key), ...inState('broken') }),
    rest: (key) => restCreate(key, inState('broken')),
  },
}

test.for(RefusalCode.options)(
  '%s over tRPC has the status, code and advice of the table',
  async (code) => {
    const row = rows[code]
    if (row.trpc === 'not applicable') {
      const input = { id: existing, title: 'Buy tea', idempotencyKey: v7() }
      const answer = await apis.ask(post('updateTodo', input))
      expect(answer.body.error.data.refusal).toMatchObject({
        code: 'invalid_input',
        paths: ['version'],
      })
      return
    }
    const key = v7()
    const answer = await askBetween(row, key, row.trpc(key))
    const { data } = answer.body.error
    expect([answer.status, data.httpStatus, data.code]).toEqual([
      row.status,
      row.status,
      row.trpcCode,
    ])
    expectRefusal(data.refusal, code)
    expect(await apis.stored(key)).toBe(row.stored ? code : undefined)
  },
)

test.for(RefusalCode.options)(
  '%s over REST has the status and advice of the table',
  async (code) => {
    const row = rows[code]
    const key = v7()
    const answer = await askBetween(row, key, row.rest(key))
    const status = row.restStatus ?? row.status
    expect([answer.status, answer.body.status]).toEqual([status, status])
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expectRefusal(answer.refusal, code)
    expect(await apis.stored(key)).toBe(row.stored ? code : undefined)
  },
)

test('a key from the future is refused for ever over both APIs, each time with the time of the response', async () => {
  const key = v7({ msecs: Date.now() + hour })
  const askedAt = Date.now()
  const first = await apis.ask(restCreate(key))
  expect(await apis.stored(key)).toBe('key_from_future')
  const again = await apis.ask(restCreate(key))
  const overTrpc = await apis.ask(create(key))
  const { error } = overTrpc.body
  expect([first.status, again.status, overTrpc.status, error.data.httpStatus]).toEqual(
    Array(4).fill(412),
  )
  expect(error.data.code).toBe('PRECONDITION_FAILED')
  const replayed = [first, again].map(({ headers }) => headers['idempotent-replayed'])
  expect(replayed).toEqual([undefined, 'true'])
  expect({ ...again.body, refusal: undefined }).toEqual({ ...first.body, refusal: undefined })
  expect(error.message).toBe(first.body.detail)
  const times = [first.refusal, again.refusal, error.data.refusal].map((refusal) => {
    expectRefusal(refusal, 'key_from_future')
    return Date.parse(refusal.serverTime)
  })
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect(times[0]).toBeGreaterThan(askedAt - 60_000)
  const outcome = await apis.ask({ path: `/outcomes/${key}`, method: 'GET' })
  const state = { state: 'answered', operation: 'createTodo', answeredAt: isTime }
  expect(outcome.body).toEqual({
    ...state,
    refusal: { code: 'key_from_future', retry: 'new_key' },
  })
})

function expectRefusal(refusal: object, code: RefusalCode): void {
  const { retry, details = [] } = rows[code]
  expect(refusal).toMatchObject({ code, retry })
  expect(Object.keys(refusal).sort()).toEqual(['code', 'retry', ...details].sort())
  if (details.includes('serverTime')) expect(refusal).toMatchObject({ serverTime: isTime })
  if (details.includes('current')) expect(refusal).toMatchObject({ current: { id: existing } })
}

async function askBetween(row: Row, key: string, asked: Asked) {
  const before = await row.before?.(key)
  const answer = await apis.ask(asked)
  if (Object(before)[Symbol.asyncDispose]) await (before as AsyncDisposable)[Symbol.asyncDispose]()
  const wait = Object(answer.refusal ?? answer.body.error?.data.refusal).retryAfterMs
  expect(answer.headers['retry-after']).toBe(wait === undefined ? undefined : `${wait / 1_000}`)
  return answer
}
