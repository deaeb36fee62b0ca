import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { twoServers } from '../servers/two-servers.ts'
import type { RawAnswer } from './raw-calls.ts'

vi.setConfig({ testTimeout: 60_000 })

const races = 500
/** Races at a time, each between two servers. */
const lanes = 5

test('exactly one of a racing create and cancel wins, 500 times, and the outcome reports which', async () => {
  await using world = await twoServers()
  const won = { created: [] as string[], cancelled: [] as string[] }

  async function race(at: number): Promise<void> {
    const input = { idempotencyKey: at % 3 === 0 ? `race-${at}` : v7(), title: `Race ${at}` }
    const { idempotencyKey } = input
    const create = () => answered(() => world.each(at).mutate('createTodo', input))
    const cancel = () => answered(() => world.each(at + 1).mutate('cancel', { idempotencyKey }))
    // Each of the two is sent first in turn.
    const raced = at % 4 < 2 ? [create(), cancel()] : [cancel(), create()].toReversed()
    const [created, cancelled] = (await Promise.all(raced)).map(dataOrCode)
    const outcomes = await Promise.all(
      [0, 1].map((server) => world.each(server).query('outcomeOf', { idempotencyKey })),
    )
    const late = await Promise.all(
      [0, 1].map((server) => world.each(server).mutate('createTodo', input)),
    )
    for (const outcome of outcomes.map(dataOrCode)) expect(outcome).toEqual(cancelled)
    for (const again of late.map(dataOrCode)) expect(again).toEqual(created)
    if (created === 'cancelled') {
      expect(cancelled).toEqual({ state: 'cancelled' })
      won.cancelled.push(idempotencyKey)
    } else {
      expect(cancelled).toMatchObject({ state: 'answered', answer: created })
      won.created.push(idempotencyKey)
    }
  }

  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let at = lane; at < races; at += lanes) await race(at)
    }),
  )
  const made = (await world.effects()).map(({ kind, key }) => [kind, key])
  expect(made.sort()).toEqual(won.created.map((key) => ['made', key]).sort())
  expect(won.created.length + won.cancelled.length).toBe(races)
  // A race that one side always wins proves nothing.
  expect(Math.min(won.created.length, won.cancelled.length)).toBeGreaterThan(races / 50)
  console.log(`${won.created.length} created, ${won.cancelled.length} cancelled`)
})

/** Repeated while in flight: on a busy machine the wait for a duplicate may time out. */
async function answered(send: () => Promise<RawAnswer>): Promise<RawAnswer> {
  for (;;) {
    const answer = await send()
    if (!/"code":"(in_flight|unavailable)"/.test(answer.text)) return answer
  }
}

function dataOrCode({ text }: RawAnswer): unknown {
  const { result, error } = JSON.parse(text)
  return result?.data ?? error.data.refusal.code
}
