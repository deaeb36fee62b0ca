import { expect, test } from 'vitest'
import type { Query } from './attempt.ts'
import { untilSomeoneWaits } from './test-waiting.ts'
import { createWorld, make } from './test-world.ts'

test('an attempt that is cut before it commits, wherever that is, leaves nothing and is made once', async () => {
  await using world = await createWorld()
  for (const [name, at] of Object.entries({ claim: 1, savepoint: 2, outcome: 3 })) {
    let answered = 0
    const cutting =
      (query: Query): Query =>
      async (text, values) => {
        const rows = await query(text, values)
        answered += 1
        if (answered === at) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
        return rows
      }
    const { once } = world.newServer({
      transact: (transact) => (work) => transact((tx, query) => work(tx, cutting(query))),
    })
    expect((await once({ key: name })).replayed).toBe(false)
    expect(answered).toBe(at + 3)
    expect(await world.effects(name)).toBe(1)
  }
})

test('who waited for a claim that was then committed is told its answer', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const owner = first.once({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('first')(tx)
  })
  await claimed.promise
  const waiter = second.once({ key: 'k' }, make('second'))
  await untilSomeoneWaits(world)
  release.resolve()
  expect(await waiter).toEqual({ ...(await owner), replayed: true })
  expect(await world.effects()).toBe(1)
})
