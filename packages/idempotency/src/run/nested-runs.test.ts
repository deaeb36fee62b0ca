import { expect, test } from 'vitest'
import { createWorld, make } from '../test-world.ts'

const inFlight = { name: 'IdempotencyError', code: 'in_flight', retry: 'same_key' }

test('an effect that runs its own key, or that of an effect around it, fails at once', async () => {
  await using world = await createWorld()
  const { run, batched } = world.newServer({ waitMs: 1_000 })
  for (const send of [run, batched]) {
    await expect(run({ key: 'a' }, () => send({ key: 'a' }))).rejects.toThrow('its own key')
    const around = run({ key: 'a' }, () => run({ key: 'b' }, () => send({ key: 'a' })))
    await expect(around).rejects.toThrow('its own key')
  }
  expect((await run({ key: 'a' })).replayed).toBe(false)
})

test('an effect may run another key, or its own for another owner', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const answer = await run({ key: 'a' }, async () => {
    await run({ key: 'b' })
    return (await run({ key: 'a', owner: 'ben' })).value
  })
  expect(answer.value).toEqual({ made: 'a' })
  expect(await world.effects()).toBe(2)
})

test('work that an effect left behind may send its key again', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const over = Promise.withResolvers<void>()
  let leftBehind: Promise<{ replayed: boolean }> | undefined
  await run({ key: 'a' }, async (tx) => {
    leftBehind = over.promise.then(() => run({ key: 'a' }))
    return make('a')(tx)
  })
  over.resolve()
  expect(await leftBehind).toMatchObject({ replayed: true })
})

test('two effects that run the keys of each other end after waitMs', async () => {
  await using world = await createWorld()
  const { run, pool } = world.newServer({ waitMs: 200 })
  const claims = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() }
  const crossed = (key: 'a' | 'b', other: 'a' | 'b') =>
    run({ key }, async () => {
      claims[key].resolve()
      await claims[other].promise
      return run({ key: other })
    })
  const ends = await Promise.allSettled([crossed('a', 'b'), crossed('b', 'a')])
  for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: inFlight })
  expect(pool.idleCount).toBe(pool.totalCount)
  expect((await run({ key: 'a' })).replayed).toBe(false)
})

test.for([
  ['the same intent', {}],
  ['another intent', { input: { title: 'Buy tea' } }],
] as const)('in one process %s waits for waitMs, as between two', async ([, more]) => {
  await using world = await createWorld()
  const { run } = world.newServer({ waitMs: 200 })
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const first = run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('k')(tx)
  })
  await claimed.promise
  await expect(run({ key: 'k', ...more })).rejects.toMatchObject(inFlight)
  release.resolve()
  expect((await first).replayed).toBe(false)
  expect((await run({ key: 'k' })).replayed).toBe(true)
  expect(await world.effects()).toBe(1)
})
