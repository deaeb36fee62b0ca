import { hash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { exchange } from './rest/test-exchange.ts'
import { createRestWorld } from './rest/test-rest-world.ts'

const world = await createRestWorld()
afterAll(() => world[Symbol.asyncDispose]())

const id = '019ab000-0000-7000-8000-000000000001'
const update = { id, version: 1, title: 'Buy tea', completed: true }
const put = { method: 'PUT', body: { title: 'Buy tea', completed: true }, ifMatch: '"1"' }

type Stored = { readonly refusal: string; readonly status: number | null }

/** Stores a record like another release, without the schemas of this one. */
async function store(key: string, operation: string, input: object, outcome: object) {
  const {
    answer = null,
    refusal = null,
    status = null,
  } = outcome as Partial<Stored & { answer: string }>
  await world.pool.query(
    `insert into idem.idempotency_record
       (owner_id, key, operation, fingerprint, answer, refusal, status, created_at)
     values ('local', $1, $2, $3, $4, $5, $6, now())`,
    [key, operation, fingerprintOf(operation, input), answer, refusal, status],
  )
}

/** The fingerprint that every release computes, over the canonical JSON of a simple input. */
function fingerprintOf(operation: string, input: object): Buffer {
  const members = Object.fromEntries(Object.entries(input).sort())
  return hash('sha256', `v1\n${operation}\n${JSON.stringify(members)}`, 'buffer')
}

/** Without the check against the published document, which cannot list a code of the next release. */
const rest = (path: string, sent: object) => exchange(world.url, path, sent)

// Parsed and printed again, `1.0` and the escape would change.
const known = String.raw`{"code":"version_conflict","retry":"ask_person","weight":1.0,"hint":"\u00e9","current":{"id":"x","colour":"red"}}`
const unknown = '{"code":"list_archived","retry":"ask_person","since":1.0}'
const gone = '{"code":"not_found","retry":"never"}'

const refusals: readonly (readonly [
  description: string,
  stored: Stored,
  expected: { readonly rest: number; readonly trpc: number; readonly code: string },
])[] = [
  [
    'a member this release does not know',
    { refusal: known, status: 412 },
    { rest: 412, trpc: 409, code: 'CONFLICT' },
  ],
  [
    'a member this release does not know, without a status',
    { refusal: known, status: null },
    { rest: 412, trpc: 409, code: 'CONFLICT' },
  ],
  [
    'an unknown code',
    { refusal: unknown, status: 422 },
    { rest: 422, trpc: 422, code: 'UNPROCESSABLE_CONTENT' },
  ],
  [
    'an unknown code, and a status for which tRPC has no code',
    { refusal: unknown, status: 410 },
    { rest: 410, trpc: 400, code: 'BAD_REQUEST' },
  ],
  [
    'an unknown code, without a status',
    { refusal: unknown, status: null },
    { rest: 409, trpc: 409, code: 'CONFLICT' },
  ],
  [
    'an unknown code, and a status that is no error',
    { refusal: unknown, status: 204 },
    { rest: 409, trpc: 409, code: 'CONFLICT' },
  ],
  [
    'a known code, with another status than today',
    { refusal: gone, status: 410 },
    { rest: 410, trpc: 404, code: 'NOT_FOUND' },
  ],
]

test.for(refusals)(
  'a stored refusal with %s is replayed to the byte',
  async ([description, stored, expected]) => {
    const key = description.replaceAll(/[ ,]+/g, '-')
    await store(key, 'updateTodo', update, stored)
    const trpc = await world.mutate('updateTodo', { idempotencyKey: key, ...update })
    expect(trpc.status).toBe(expected.trpc)
    expect(trpc.body.error.data).toMatchObject({ code: expected.code, httpStatus: expected.trpc })
    expect(trpc.text).toContain(`"refusal":${stored.refusal}}`)
    expect(trpc.body.error.message).toMatch(/^[A-Z].*\.$/)

    const answer = await rest(`/todos/${id}`, { ...put, key })
    expect(answer.status).toBe(expected.rest)
    expect(answer.body.status).toBe(expected.rest)
    expect(answer.headers['idempotent-replayed']).toBe('true')
    expect(answer.text).toContain(`"refusal":${stored.refusal}}`)
    expect(answer.body.detail).toBe(trpc.body.error.message)
    expect(world.unexpected).toEqual([])
  },
)

test('a batch holds each stored refusal to the byte, beside the other answers', async () => {
  await store('in-a-batch', 'updateTodo', update, { refusal: unknown, status: 422 })
  const response = await fetch(`${world.trpcUrl}/updateTodo,createTodo?batch=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      0: { idempotencyKey: 'in-a-batch', ...update },
      1: { idempotencyKey: 'beside', title: 'Buy milk' },
    }),
  })
  const text = await response.text()
  expect(response.status).toBe(207)
  expect(text).toContain(`"refusal":${unknown}}`)
  expect(JSON.parse(text)[1].result.data.title).toBe('Buy milk')
})

test('a stream holds each member of a stored refusal', async () => {
  await store('in-a-stream', 'updateTodo', update, { refusal: unknown, status: 422 })
  const response = await fetch(`${world.trpcUrl}/updateTodo?batch=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'trpc-accept': 'application/jsonl' },
    body: JSON.stringify({ 0: { idempotencyKey: 'in-a-stream', ...update } }),
  })
  expect(await response.text()).toContain(
    '"refusal":{"code":"list_archived","retry":"ask_person","since":1}',
  )
})

test('a stored answer with a member this release does not know is replayed to the byte', async () => {
  const answer = `{"id":"${id}","title":"Buy tea","completed":true,"version":7,"createdAt":"2026-11-25T00:00:00.000Z","updatedAt":"2026-11-25T00:00:00.000Z","priority":1.0}`
  await store('answer', 'updateTodo', update, { answer })
  await store('create', 'createTodo', { title: 'Buy tea' }, { answer })

  const changed = await world.call(`/todos/${id}`, { ...put, key: 'answer' })
  expect(changed).toMatchObject({ status: 200, text: answer, headers: { etag: '"7"' } })
  const made = await world.call('/todos', {
    method: 'POST',
    body: { title: 'Buy tea' },
    key: 'create',
  })
  expect(made).toMatchObject({
    status: 201,
    text: answer,
    headers: { etag: '"7"', location: `/todos/${id}` },
  })
  for (const [path, input] of [
    ['updateTodo', { idempotencyKey: 'answer', ...update }],
    ['createTodo', { idempotencyKey: 'create', title: 'Buy tea' }],
  ] as const) {
    expect((await world.mutate(path, input)).text).toBe(`{"result":{"data":${answer}}}`)
  }
})

test.for([
  ['refusal', { refusal: unknown, status: 422 }],
  ['answer', { answer: '{"id":"x","colour":1.0}' }],
] as const)('the outcome of a key holds the stored %s to the byte', async ([kind, outcome]) => {
  const key = `outcome-of-${kind}`
  await store(key, 'archiveTodo', {}, outcome)
  const held = `"${kind}":${Object.values(outcome)[0]}}`
  expect((await world.query('outcomeOf', { idempotencyKey: key })).text).toContain(held)
  expect((await world.mutate('cancel', { idempotencyKey: key })).text).toContain(held)
  for (const method of ['GET', 'DELETE']) {
    const outcome = await world.call(`/outcomes/${key}`, { method })
    expect(outcome.status).toBe(200)
    expect(outcome.text).toContain(held)
  }
})

test('a refusal is stored with its status', async () => {
  const path = `/todos/${id}`
  await rest(path, { ...put, key: 'fresh' })
  const { rows } = await world.pool.query(
    `select refusal, status, answer from idem.idempotency_record where key = 'fresh'`,
  )
  expect(rows).toEqual([{ refusal: gone, status: 404, answer: null }])
})
