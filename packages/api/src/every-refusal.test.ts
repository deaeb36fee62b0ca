import { type Refusal, RefusalCode } from '@idem/contract/refusal'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import { v7 } from 'uuid'
import { afterAll, expect, test } from 'vitest'
import type { Sent } from './rest/test-exchange.ts'
import { type Asked, decliningApis } from './test-declining-apis.ts'

/** A refusal, and for each API a request that gets it. The key is new each time. */
type Row = {
  readonly is: readonly [status: number, trpcCode: TRPC_ERROR_CODE_KEY, retry: Refusal['retry']]
  /** If REST has a more precise status than tRPC. */
  readonly restStatus?: number
  readonly stored?: true
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
    is: [400, 'BAD_REQUEST', 'never'],
    trpc: () => post('createTodo', milk),
    // With a required key.
    rest: () => ({ path: '/todos', method: 'POST', body: milk, headers: ['x-key', 'required'] }),
  },
  key_malformed: {
    is: [400, 'BAD_REQUEST', 'never'],
    trpc: () => create('a b'),
    rest: () => restCreate('a b'),
  },
  key_ambiguous: {
    is: [400, 'BAD_REQUEST', 'never'],
    trpc: (key) => ({ ...create(key), headers: ['idempotency-key', key, 'idempotency-key', key] }),
    rest: (key) => restCreate(key, { headers: ['idempotency-key', key] }),
  },
  invalid_input: {
    is: [400, 'BAD_REQUEST', 'never'],
    details: ['paths'],
    trpc: (key) => create(key, { title: ' ' }),
    rest: (key) => restCreate(key, { body: { title: ' ' } }),
  },
  unauthenticated: {
    is: [401, 'UNAUTHORIZED', 'same_key'],
    trpc: (key) => ({ ...create(key), ...declined('unauthenticated') }),
    rest: (key) => restCreate(key, declined('unauthenticated')),
  },
  reauthentication_required: {
    is: [403, 'FORBIDDEN', 'ask_person'],
    trpc: (key) => ({ ...create(key), ...declined('reauthentication_required') }),
    rest: (key) => restCreate(key, declined('reauthentication_required')),
  },
  forbidden: {
    is: [403, 'FORBIDDEN', 'ask_person'],
    trpc: (key) => ({ ...create(key), ...declined('forbidden') }),
    rest: (key) => restCreate(key, declined('forbidden')),
  },
  other_account: {
    is: [403, 'FORBIDDEN', 'same_key'],
    trpc: (key) => ({ ...create(key), ...declined('other_account') }),
    rest: (key) => restCreate(key, declined('other_account')),
  },
  too_many: {
    is: [429, 'TOO_MANY_REQUESTS', 'same_key'],
    trpc: (key) => ({ ...create(key), ...declined('too_many') }),
    rest: (key) => restCreate(key, declined('too_many')),
  },
  not_found: {
    is: [404, 'NOT_FOUND', 'never'],
    stored: true,
    trpc: (key) => post('restoreTodo', { id: v7(), idempotencyKey: key }),
    rest: (key) => put(v7(), key, { ifMatch: '"1"' }),
  },
  in_flight: {
    is: [409, 'CONFLICT', 'same_key'],
    details: ['retryAfterMs'],
    before: (key) => apis.holdKey(key),
    trpc: (key) => create(key),
    rest: (key) => restCreate(key),
  },
  cancelled: {
    is: [409, 'CONFLICT', 'never'],
    stored: true,
    before: (key) => apis.ask(post('cancel', { idempotencyKey: key })),
    trpc: (key) => create(key),
    rest: (key) => restCreate(key),
  },
  version_conflict: {
    is: [409, 'CONFLICT', 'ask_person'],
    restStatus: 412,
    stored: true,
    details: ['current'],
    trpc: (key) => post('deleteTodo', { id: existing, version: 7, idempotencyKey: key }),
    rest: (key) => put(existing, key, { ifMatch: '"7"' }),
  },
  version_missing: {
    is: [428, 'PRECONDITION_REQUIRED', 'never'],
    // Over tRPC the version is a member of the input, and its absence is invalid input.
    trpc: 'not applicable',
    rest: (key) => put(existing, key),
  },
  id_taken: {
    is: [409, 'CONFLICT', 'never'],
    stored: true,
    details: ['current'],
    trpc: (key) => create(key, { id: existing, title: 'Buy tea' }),
    rest: (key) => restCreate(key, { body: { id: existing, title: 'Buy tea' } }),
  },
  key_expired: {
    is: [412, 'PRECONDITION_FAILED', 'new_key'],
    details: ['serverTime'],
    trpc: () => create(v7({ msecs: Date.now() - 24 * hour })),
    rest: () => restCreate(v7({ msecs: Date.now() - 24 * hour })),
  },
  key_from_future: {
    is: [412, 'PRECONDITION_FAILED', 'new_key'],
    // Up to a day ahead; see below.
    details: ['serverTime'],
    trpc: () => create(v7({ msecs: Date.now() + 25 * hour })),
    rest: () => restCreate(v7({ msecs: Date.now() + 25 * hour })),
  },
  effect_escaped: {
    is: [500, 'INTERNAL_SERVER_ERROR', 'ask_person'],
    async before(key) {
      await apis.ask(restCreate(key))
      await apis.loseAnswer(key)
    },
    trpc: (key) => create(key),
    rest: (key) => restCreate(key),
  },
  key_reused: {
    is: [422, 'UNPROCESSABLE_CONTENT', 'never'],
    before: (key) => apis.ask(restCreate(key)),
    trpc: (key) => create(key, { title: 'Buy tea' }),
    rest: (key) => restCreate(key, { body: { title: 'Buy tea' } }),
  },
  too_large: {
    is: [413, 'PAYLOAD_TOO_LARGE', 'never'],
    trpc: () => post('createTodo', large),
    rest: (key) => restCreate(key, { body: large }),
  },
  wrong_type: {
    is: [415, 'UNSUPPORTED_MEDIA_TYPE', 'never'],
    trpc: (key) => ({ ...create(key), headers: ['content-type', 'text/plain'] }),
    rest: (key) => restCreate(key, { headers: ['content-type', 'text/plain'] }),
  },
  unavailable: {
    is: [503, 'SERVICE_UNAVAILABLE', 'same_key'],
    details: ['retryAfterMs'],
    trpc: (key) => ({ ...create(key), ...inState('away') }),
    rest: (key) => restCreate(key, inState('away')),
  },
  no_such_route: {
    is: [404, 'NOT_FOUND', 'never'],
    trpc: () => post('nothing', {}),
    rest: () => ({ ...named, path: '/todos/99/nothing' }),
  },
  method_not_allowed: {
    is: [405, 'METHOD_NOT_SUPPORTED', 'never'],
    trpc: (key) => ({ ...create(key), method: 'PUT' }),
    rest: () => ({ ...named, method: 'PATCH' }),
  },
  unexpected: {
    is: [500, 'INTERNAL_SERVER_ERROR', 'same_key'],
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
    const [status, trpcCode] = row.is
    expect([answer.status, data.httpStatus, data.code]).toEqual([status, status, trpcCode])
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
    const status = row.restStatus ?? row.is[0]
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
  const { is, details = [] } = rows[code]
  const [, , retry] = is
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
  const scheme = answer.status === 401 ? 'Bearer' : undefined
  expect(answer.headers['www-authenticate']).toBe(scheme)
  return answer
}
