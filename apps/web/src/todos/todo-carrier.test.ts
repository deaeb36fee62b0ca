import { createClient } from '@idem/client/create-client'
import { createServerClock } from '@idem/client/server-clock'
import type { Refusal } from '@idem/contract/refusal'
import type { Outgoing } from '@idem/outbox/carrier'
import { expect, test } from 'vitest'
import type { Intent } from './intent.ts'
import { todo } from './test-things.ts'
import { todoCarrier } from './todo-carrier.ts'

const create: Intent = { operation: 'createTodo', id: 'a', title: 'Buy milk' }
const remove: Intent = { operation: 'deleteTodo', id: 'a', title: 'Buy milk' }
const signal = new AbortController().signal

test('a create is sent with its title and id, under its key', async () => {
  const { carrier, sent } = carrierWith({ result: { data: todo('a') } })
  const answer = await carrier.send(outgoing(create, '{"id":"a","title":"Buy milk"}'), signal)
  expect(answer).toEqual({ state: 'answered', answer: todo('a') })
  expect(sent).toEqual([
    ['/api/trpc/createTodo', '{"id":"a","title":"Buy milk","idempotencyKey":"key"}'],
  ])
})

test('a delete names the version that was seen, or that its predecessor was told', () => {
  const { carrier } = carrierWith({})
  const bodyOf = (...frozen: Parameters<typeof carrier.freeze>) => carrier.freeze(...frozen)
  expect(bodyOf({ ...remove, version: 3 }, todo('a', 1))).toMatchObject({
    body: { id: 'a', version: 3 },
  })
  expect(bodyOf(remove, todo('a', 7))).toMatchObject({ body: { id: 'a', version: 7 } })
  expect(bodyOf(remove, { id: 'a' })).toEqual({ state: 'frozen', body: { id: 'a' } })
  expect(bodyOf(remove, undefined)).toMatchObject({ refusal: { code: 'version_missing' } })
})

test('no answer is thrown, so that it counts as unknown', async () => {
  const { carrier } = carrierWith('<html>Sign in to the hotel</html>')
  await expect(carrier.send(outgoing(create), signal)).rejects.toThrow()
})

test('a refusal is passed on', async () => {
  const refusal: Refusal = { code: 'in_flight', retry: 'same_key', retryAfterMs: 1_000 }
  const { carrier } = carrierWith(declined(refusal))
  expect(await carrier.send(outgoing(create), signal)).toEqual({ state: 'refused', refusal })
})

test('an id of our own that is taken means that it was done: the todo as it stands, or its absence', async () => {
  const standing = carrierWith(
    declined({ code: 'id_taken', retry: 'never', current: todo('a', 5) }),
  )
  expect(await standing.carrier.send(outgoing(create), signal)).toEqual({
    state: 'answered',
    answer: todo('a', 5),
  })
  const deleted = carrierWith(declined({ code: 'id_taken', retry: 'never', deleted: true }))
  expect(await deleted.carrier.send(outgoing(create), signal)).toEqual({
    state: 'answered',
    answer: { id: 'a' },
  })
})

test('a clock refusal teaches the time, and the next key is minted on it', async () => {
  const serverTime = '2031-05-06T07:08:09.000Z'
  const refusal: Refusal = { code: 'key_expired', retry: 'new_key', serverTime }
  const { carrier } = carrierWith(declined(refusal))
  await carrier.send(outgoing(create), signal)
  const key = await carrier.remint(outgoing(create), refusal)
  const minted = Number.parseInt((key ?? '').replaceAll('-', '').slice(0, 12), 16)
  expect(Math.abs(minted - Date.parse(serverTime))).toBeLessThan(5_000)
})

test('a delete gets a new key only if the todo is as it was meant, or gone', async () => {
  const refusal: Refusal = { code: 'key_expired', retry: 'new_key' }
  const sent = outgoing(remove, '{"id":"a","version":2}')
  const same = carrierWith({ result: { data: todo('a', 2) } })
  const gone = carrierWith(declined({ code: 'not_found', retry: 'never' }))
  const other = carrierWith({ result: { data: todo('a', 3) } })
  const unreachable = carrierWith('nonsense')
  expect(await same.carrier.remint(sent, refusal)).toBeDefined()
  expect(await gone.carrier.remint(sent, refusal)).toBeDefined()
  expect(await other.carrier.remint(sent, refusal)).toBeUndefined()
  await expect(unreachable.carrier.remint(sent, refusal)).rejects.toThrow()
})

function outgoing(intent: Intent, body = '{}'): Outgoing<Intent> {
  return { key: 'key', intent, body, attempts: 1 }
}

function declined(refusal: Refusal) {
  return { error: { message: 'Declined.', code: -32_009, data: { refusal } } }
}

function carrierWith(reply: unknown) {
  const sent: unknown[] = []
  const client = createClient({
    url: 'http://idem.test',
    async fetch(input, init) {
      sent.push([new URL(String(input)).pathname, init?.body])
      return new Response(typeof reply === 'string' ? reply : JSON.stringify(reply))
    },
  })
  return { carrier: todoCarrier(() => client, createServerClock()), sent }
}
