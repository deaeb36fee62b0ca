import { createClient } from '@idem/client/create-client'
import { createServerClock } from '@idem/client/server-clock'
import type { Refusal } from '@idem/contract/refusal'
import type { Outgoing } from '@idem/outbox/transport'
import { expect, test } from 'vitest'
import type { Intent } from './intent.ts'
import { todo } from './test-things.ts'
import { todoTransport } from './todo-transport.ts'

const create: Intent = { operation: 'createTodo', id: 'a', title: 'Buy milk' }
const remove: Intent = { operation: 'deleteTodo', id: 'a', title: 'Buy milk' }
const signal = new AbortController().signal

test('a create is sent with its title and id, under its key', async () => {
  const { transport, sent } = transportWith({ result: { data: todo('a') } })
  const answer = await transport.send(outgoing(create, '{"id":"a","title":"Buy milk"}'), signal)
  expect(answer).toEqual({ state: 'answered', answer: todo('a') })
  expect(sent).toEqual([
    ['/api/trpc/createTodo', '{"id":"a","title":"Buy milk","idempotencyKey":"key"}'],
  ])
})

test('a delete names the version that was seen, or that its predecessor was told', () => {
  const { transport } = transportWith({})
  const bodyOf = (...frozen: Parameters<typeof transport.freeze>) => transport.freeze(...frozen)
  expect(bodyOf({ ...remove, version: 3 }, todo('a', 1))).toMatchObject({
    body: { id: 'a', version: 3 },
  })
  expect(bodyOf(remove, todo('a', 7))).toMatchObject({ body: { id: 'a', version: 7 } })
  expect(bodyOf(remove, { id: 'a' })).toEqual({ state: 'frozen', body: { id: 'a' } })
  expect(bodyOf(remove, undefined)).toMatchObject({ refusal: { code: 'version_missing' } })
})

test('no answer is thrown, so that it counts as unknown', async () => {
  const { transport } = transportWith('<html>Sign in to the hotel</html>')
  await expect(transport.send(outgoing(create), signal)).rejects.toThrow()
})

test('a refusal is passed on', async () => {
  const refusal: Refusal = { code: 'in_flight', retry: 'same_key', retryAfterMs: 1_000 }
  const { transport } = transportWith(declined(refusal))
  expect(await transport.send(outgoing(create), signal)).toEqual({ state: 'refused', refusal })
})

test('an id of our own that is taken means that it was done: the todo as it stands, or its absence', async () => {
  const standing = transportWith(
    declined({ code: 'id_taken', retry: 'never', current: todo('a', 5) }),
  )
  expect(await standing.transport.send(outgoing(create), signal)).toEqual({
    state: 'answered',
    answer: todo('a', 5),
  })
  const deleted = transportWith(declined({ code: 'id_taken', retry: 'never', deleted: true }))
  expect(await deleted.transport.send(outgoing(create), signal)).toEqual({
    state: 'answered',
    answer: { id: 'a' },
  })
})

test('a clock refusal teaches the time, and the next key is minted on it', async () => {
  const serverTime = '2031-05-06T07:08:09.000Z'
  const refusal: Refusal = { code: 'key_expired', retry: 'new_key', serverTime }
  const { transport } = transportWith(declined(refusal))
  await transport.send(outgoing(create), signal)
  const key = await transport.remint(outgoing(create), refusal)
  const minted = Number.parseInt((key ?? '').replaceAll('-', '').slice(0, 12), 16)
  expect(Math.abs(minted - Date.parse(serverTime))).toBeLessThan(5_000)
})

test('a delete gets a new key only if the todo is as it was meant, or gone', async () => {
  const refusal: Refusal = { code: 'key_expired', retry: 'new_key' }
  const sent = outgoing(remove, '{"id":"a","version":2}')
  const same = transportWith({ result: { data: todo('a', 2) } })
  const gone = transportWith(declined({ code: 'not_found', retry: 'never' }))
  const other = transportWith({ result: { data: todo('a', 3) } })
  const unreachable = transportWith('nonsense')
  expect(await same.transport.remint(sent, refusal)).toBeDefined()
  expect(await gone.transport.remint(sent, refusal)).toBeDefined()
  expect(await other.transport.remint(sent, refusal)).toBeUndefined()
  await expect(unreachable.transport.remint(sent, refusal)).rejects.toThrow()
})

function outgoing(intent: Intent, body = '{}'): Outgoing<Intent> {
  return { key: 'key', intent, body, attempts: 1 }
}

function declined(refusal: Refusal) {
  return { error: { message: 'Declined.', code: -32_009, data: { refusal } } }
}

function transportWith(reply: unknown) {
  const sent: unknown[] = []
  const client = createClient({
    url: 'http://idem.test',
    async fetch(input, init) {
      sent.push([new URL(String(input)).pathname, init?.body])
      return new Response(typeof reply === 'string' ? reply : JSON.stringify(reply))
    },
  })
  return { transport: todoTransport(() => client, createServerClock()), sent }
}
