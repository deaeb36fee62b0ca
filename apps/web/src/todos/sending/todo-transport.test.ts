import { createClient } from '@idem/client/create-client'
import { type Outgoing, refusalOf } from '@idem/outbox'
import { expect, test } from 'vitest'
import type { TodoRefusal } from '../operations/operation.ts'
import { type Intent, operations } from '../operations/operations.ts'
import { todo } from '../test-entries.ts'
import { testTransport } from '../test-transport.ts'

const seen = { id: 'a', title: 'Buy milk', completed: false }
const create = operations.createTodo.make(seen, {})
const remove = operations.deleteTodo.make(seen, {})
const update = operations.updateTodo.make(seen, { title: 'Buy oat milk' })
const restore = operations.restoreTodo.make(seen, {})
const signal = new AbortController().signal

test('a create is sent with its title, id and key', async () => {
  const { transport, sent } = transportWith({ result: { data: todo('a') } })
  const answer = await transport.send(outgoing(create, '{"id":"a","title":"Buy milk"}'), signal)
  expect(answer).toEqual(todo('a'))
  expect(sent).toEqual([
    ['/api/trpc/createTodo', '{"id":"a","title":"Buy milk","idempotencyKey":"key"}'],
  ])
})

test.each([update, restore, remove])('a $operation is sent with its key', async (intent) => {
  const { transport, sent } = transportWith({ result: { data: todo('a') } })
  expect(await transport.send(outgoing(intent, '{"id":"a","version":2}'), signal)).toEqual(
    todo('a'),
  )
  expect(sent).toEqual([
    [`/api/trpc/${intent.operation}`, '{"id":"a","version":2,"idempotencyKey":"key"}'],
  ])
})

test('the answer to a delete names its tombstone, also when the answer comes from cancelling', async () => {
  const sent = outgoing(remove, '{"id":"a","version":2}')
  const deleted = transportWith({ result: { data: { id: 'a' } } })
  expect(await deleted.transport.send(sent, signal)).toEqual({ id: 'a', tombstoneVersion: 3 })
  const unversioned = outgoing(remove, '{"id":"a"}')
  expect(await deleted.transport.send(unversioned, signal)).toEqual({ id: 'a' })
  const answered = {
    state: 'answered',
    operation: 'deleteTodo',
    answeredAt: '',
    answer: { id: 'a' },
  }
  const cancelled = await transportWith({ result: { data: answered } }).transport.cancel(
    sent,
    signal,
  )
  expect(cancelled).toEqual({ state: 'answered', answer: { id: 'a', tombstoneVersion: 3 } })
})

test('no answer is thrown, so that it counts as unknown', async () => {
  const { transport } = transportWith('<html>Sign in to the hotel</html>')
  await expect(transport.send(outgoing(create), signal)).rejects.toSatisfy(
    (error) => refusalOf(error, outgoing(create)) === undefined,
  )
})

test('an intent of the next release is neither accepted nor answered: sending it throws', async () => {
  const { transport, sent } = transportWith({ result: { data: todo('a') } })
  const move = { operation: 'moveTodo', id: 'a', title: 'x', version: 1 } as unknown as Intent
  expect(transport.accepts(move)).toBe(false)
  expect(transport.accepts({ ...create, v: 2 })).toBe(false)
  await expect(transport.send(outgoing(move), signal)).rejects.toThrow('Expected a known operation')
  expect(() => transport.freeze(move, undefined, [])).toThrow('Expected a known operation')
  expect(sent).toEqual([])
})

test('intents of this release are accepted, and no others', () => {
  const { transport } = transportWith({})
  for (const intent of [create, remove, update, restore, { ...remove, version: 2 }]) {
    expect(transport.accepts(intent)).toBe(true)
  }
  const unknown = [
    { ...create, operation: 'toString' },
    { ...create, v: 2 },
    { ...update, base: undefined },
  ]
  const malformed = [undefined, null, 'createTodo', {}, { ...create, title: 7 }]
  const changes = [undefined, [], ['id']].map((some) => ({ ...update, changes: some }))
  for (const spoilt of [...unknown, ...malformed, ...changes, { ...remove, version: '2' }]) {
    expect(transport.accepts(spoilt)).toBe(false)
  }
})

test('an answer with additional members is accepted, and other values are not', () => {
  const { transport } = transportWith({})
  expect(transport.acceptsAnswer({ ...todo('a'), colour: 'green' })).toBe(true)
  expect(transport.acceptsAnswer({ id: 'a' })).toBe(true)
  expect(transport.acceptsAnswer({ id: 'a', tombstoneVersion: 3 })).toBe(true)
  expect(transport.acceptsAnswer({ id: 'a', deletedAt: 'now' })).toBe(true)
  for (const spoilt of [undefined, null, 7, {}, { ...todo('a'), version: 'x' }]) {
    expect(transport.acceptsAnswer(spoilt)).toBe(false)
  }
})

test.each(['in_flight', 'no_such_code_yet'])('a refusal (%s) is passed on', async (code) => {
  const refusal: TodoRefusal = { code, retry: 'same_key', retryAfterMs: 1_000 }
  const { transport } = transportWith(declined(refusal))
  await expect(transport.send(outgoing(create), signal)).rejects.toSatisfy((error) => {
    expect(refusalOf(error, outgoing(create))).toMatchObject(refusal)
    return true
  })
})

test('id_taken for an id of this page means done: the first version, and not a later one that nobody here has seen', async () => {
  const changed = transportWith(
    declined({ code: 'id_taken', retry: 'never', current: todo('a', 5) }),
  )
  expect(await changed.transport.send(outgoing(create), signal)).toEqual({
    ...todo('a', 1),
    title: 'Buy milk',
  })
  const deleted = transportWith(declined({ code: 'id_taken', retry: 'never', deleted: true }))
  expect(await deleted.transport.send(outgoing(create), signal)).toEqual({ id: 'a' })
})

test('a restore of a todo that another device has restored and changed answers the version that it would have left', async () => {
  const { transport } = transportWith({ result: { data: todo('a', 5) } })
  const answer = await transport.send(outgoing(restore, '{"id":"a","version":3}'), signal)
  expect(answer).toEqual({ ...todo('a', 4), title: restore.title })
})

test('a restore is not answered by the version in which another device has changed a todo that was there', async () => {
  const answerOf = (now: object) =>
    transportWith({ result: { data: { ...todo('a', 4), ...now } } }).transport.send(
      outgoing(restore, '{"id":"a","version":3}'),
      signal,
    )
  const restored = { title: restore.title, completed: restore.completed }
  expect(await answerOf(restored)).toEqual({ ...todo('a', 4), ...restored })
  expect(await answerOf({ ...restored, completed: true })).toMatchObject({ version: 3 })
  expect(await answerOf({ ...restored, title: 'theirs' })).toMatchObject({ version: 3 })
})

test('a delete gets a new key only if the todo is unchanged or gone', async () => {
  const refusal: TodoRefusal = { code: 'key_expired', retry: 'new_key' }
  const sent = outgoing(remove, '{"id":"a","version":2}')
  const same = transportWith({ result: { data: todo('a', 2) } })
  const gone = transportWith(declined({ code: 'not_found', retry: 'never' }))
  const other = transportWith({ result: { data: todo('a', 3) } })
  const unreachable = transportWith('nonsense')
  expect(await same.transport.remint(sent, refusal, signal)).toBeDefined()
  expect(await gone.transport.remint(sent, refusal, signal)).toBeDefined()
  expect(await other.transport.remint(sent, refusal, signal)).toBeUndefined()
  await expect(unreachable.transport.remint(sent, refusal, signal)).rejects.toThrow()
})

test('an update gets a new key only if the todo is unchanged, and a restore always', async () => {
  const refusal: TodoRefusal = { code: 'key_expired', retry: 'new_key' }
  const body = '{"id":"a","version":2}'
  const remint = (intent: Intent, todoNow: unknown) =>
    transportWith(todoNow).transport.remint(outgoing(intent, body), refusal, signal)
  const gone = declined({ code: 'not_found', retry: 'never' })
  expect(await remint(update, { result: { data: todo('a', 2) } })).toBeDefined()
  expect(await remint(update, { result: { data: todo('a', 3) } })).toBeUndefined()
  expect(await remint(update, gone)).toBeUndefined()
  expect(await remint(restore, gone)).toBeDefined()
})

const revise = (intent: Intent, current: unknown, code = 'version_conflict') => {
  const { transport } = transportWith({})
  const body = '{"id":"a","title":"Buy oat milk","version":2}'
  return transport.revise(outgoing(intent, body), { code, retry: 'ask_person', current })
}
const current = { ...todo('a', 5), title: 'Buy milk' }

test('a change of another member than the other device has changed is repeated on the version that is there, under a new key', () => {
  expect(revise(update, { ...current, completed: true })).toEqual({
    key: expect.not.stringMatching(/^key$/),
    body: { id: 'a', title: 'Buy oat milk', version: 5 },
  })
})

test('a change that another device has made too is over, and what follows it does not name the version of that', () => {
  const same = { ...current, title: 'Buy oat milk' }
  expect(revise(update, same)).toEqual({ answer: { ...same, version: 2, isFound: true } })
})

test('two different titles, a delete, an unreadable todo and any other refusal ask the person', () => {
  expect(revise(update, { ...current, title: 'Buy rice' })).toBeUndefined()
  expect(revise(remove, current)).toBeUndefined()
  expect(revise(restore, current)).toBeUndefined()
  expect(revise(update, { title: 'Buy milk' })).toBeUndefined()
  expect(revise(update, current, 'version_missing')).toBeUndefined()
})

const notFound = declined({ code: 'not_found', retry: 'never' })
const found = { result: { data: todo('a', 4) } }

test.each([
  ['answered', create, { answer: todo('a') }, notFound, { state: 'answered', answer: todo('a') }],
  ['refused', create, { refusal: {} }, notFound, { state: 'cancelled' }],
] as const)('cancelling a key that was %s says so', async (_, intent, had, todoNow, outcome) => {
  const answer = { state: 'answered', operation: 'createTodo', answeredAt: '', ...had }
  const { transport } = transportWith({ result: { data: answer } }, todoNow)
  expect(await transport.cancel(outgoing(intent), signal)).toEqual(outcome)
})

test.each(['cancelled', 'forgotten'] as const)(
  'after cancelling (%s) the todo shows whether the intent took effect, under any key',
  async (state) => {
    const cancelling = (intent: Intent, todoNow: unknown, body = '{"id":"a"}') =>
      transportWith({ result: { data: { state } } }, todoNow).transport.cancel(
        outgoing(intent, body),
        signal,
      )
    const first = { ...todo('a', 1), title: 'Buy milk' }
    expect(await cancelling(create, notFound)).toEqual({ state: 'cancelled' })
    expect(await cancelling(create, found)).toEqual({ state: 'answered', answer: first })
    expect(await cancelling(remove, found)).toEqual({ state: 'cancelled' })
    expect(await cancelling(remove, notFound)).toEqual({ state: 'answered', answer: { id: 'a' } })
    const restored = { ...todo('a', 3), title: restore.title }
    expect(await cancelling(restore, found, '{"version":2}')).toEqual({
      state: 'answered',
      answer: restored,
    })
    expect(await cancelling(restore, notFound)).toEqual({ state: 'cancelled' })
    await expect(cancelling(create, 'nonsense')).rejects.toThrow()
  },
)

test('a key too far ahead to be cancelled is without effect, and any other refusal of a cancel is passed on', async () => {
  const refusing = (code: string, retry: TodoRefusal['retry']) =>
    transportWith(declined({ code, retry }), notFound).transport.cancel(outgoing(create), signal)
  expect(await refusing('key_from_future', 'new_key')).toEqual({ state: 'cancelled' })
  await expect(refusing('in_flight', 'same_key')).rejects.toThrow()
})

test('after cancelling an update a later version with its values is its effect', async () => {
  const cancelling = (body: string) =>
    transportWith({ result: { data: { state: 'forgotten' } } }, found).transport.cancel(
      outgoing(update, body),
      signal,
    )
  // Perhaps of another device, so that what follows must not name it.
  const effect = { state: 'answered', answer: { ...todo('a', 3), isFound: true } }
  expect(await cancelling('{"id":"a","version":3,"title":"title a"}')).toEqual(effect)
  expect(await cancelling('{"id":"a","version":4,"title":"title a"}')).toEqual({
    state: 'cancelled',
  })
  expect(await cancelling('{"id":"a","version":3,"title":"mine"}')).toEqual({ state: 'cancelled' })
})

test('the epoch of the server comes from its policy', async () => {
  expect(await transportWith({ result: { data: policy } }).transport.readEpoch(signal)).toBe('e')
})

test('nothing is sent to or cancelled at another installation than the page is of', async () => {
  const { transport, sent } = transportWith({ result: { data: policy } }, undefined, 'a')
  const message = 'Another installation'
  for (const call of [transport.send, transport.cancel]) {
    await expect(call(outgoing(create), signal)).rejects.toThrow(message)
  }
  await expect(transport.readEpoch(signal)).rejects.toThrow(message)
  expect(sent.map(([path]) => path)).toEqual(Array(3).fill('/api/trpc/policy'))
})

test('the installation is asked for before the first sending, and again after a failure', async () => {
  const { transport, sent } = transportWith({ result: { data: policy } }, undefined, 'b')
  const paths = async () => {
    sent.length = 0
    await transport.send(outgoing(create), signal)
    return sent.map(([path]) => path)
  }
  expect(await paths()).toEqual(['/api/trpc/policy', '/api/trpc/createTodo'])
  expect(await paths()).toEqual(['/api/trpc/createTodo'])
  transport.policy.doubt()
  expect(await paths()).toEqual(['/api/trpc/policy', '/api/trpc/createTodo'])
})

const policy = {
  serverTime: '2026-11-24T10:00:00.000Z',
  ledgerEpoch: 'e',
  installationId: 'b',
  // What makes it an answer of any operation.
  ...todo('a', 1),
}

function outgoing(intent: Intent, body = '{}'): Outgoing<Intent> {
  return { key: 'key', intent, body, attempts: 1, isUnknown: false, account: 'local' }
}

function declined(refusal: TodoRefusal & { readonly deleted?: true }) {
  return { error: { message: 'Declined.', code: -32_009, data: { refusal } } }
}

/** A server that says this, and that to a question for a todo. */
function transportWith(reply: unknown, todoNow: unknown = reply, installationId?: string) {
  const sent: [path: string, body: unknown][] = []
  const client = createClient({
    url: 'http://idem.test',
    async fetch(input, init) {
      const { pathname } = new URL(String(input))
      sent.push([pathname, init?.body])
      const said = pathname.endsWith('/getTodo') ? todoNow : reply
      return new Response(typeof said === 'string' ? said : JSON.stringify(said))
    },
  })
  return { transport: testTransport(() => client, { installationId }), sent }
}
