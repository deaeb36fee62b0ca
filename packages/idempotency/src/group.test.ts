import { expect, test } from 'vitest'
import { untilSomeoneWaits } from './test-waiting.ts'
import { createWorld, executed, make, textsOf } from './test-world.ts'

test('attempts that arrive together are one statement, each with an answer of its own', async () => {
  await using world = await createWorld()
  const { inGroup, groupPool } = world.newServer()
  const statements = countQueries(groupPool)
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, at) => inGroup({ key: `k${at}` })),
  )
  expect(statements()).toBe(1)
  expect(executed(outcomes)).toBe(50)
  expect(textsOf(outcomes).size).toBe(50)
  expect(await world.effects()).toBe(50)
})

test('a key twice in one group with the same input: one effect, equal answers', async () => {
  await using world = await createWorld()
  const { inGroup } = world.newServer()
  const outcomes = await Promise.all([
    inGroup({ key: 'k' }),
    inGroup({ key: 'k' }),
    inGroup({ key: 'other' }),
  ])
  expect(executed(outcomes)).toBe(2)
  expect(outcomes[0]?.text).toBe(outcomes[1]?.text)
  expect(await world.effects()).toBe(2)
})

test('a key twice in one group with another input: one answer, one refusal', async () => {
  await using world = await createWorld()
  const { inGroup } = world.newServer()
  const settled = await Promise.allSettled([
    inGroup({ key: 'k' }),
    inGroup({ key: 'k', input: { title: 'Buy tea' } }),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(settled[1]).toMatchObject({ reason: { code: 'key_reused' } })
  expect(await world.effects()).toBe(1)
})

test('a retry is answered from the record in the same statement', async () => {
  await using world = await createWorld()
  const { inGroup, groupPool, pool } = world.newServer()
  const first = await inGroup({ key: 'k' })
  const alone = countQueries(pool)
  const statements = countQueries(groupPool)
  expect(await inGroup({ key: 'k' })).toEqual({ ...first, replayed: true })
  expect([statements(), alone()]).toEqual([1, 0])
  await expect(inGroup({ key: 'k', input: {} })).rejects.toMatchObject({ code: 'key_reused' })
})

test('two owners may use the same key, at once and afterwards, and never meet', async () => {
  await using world = await createWorld()
  const { inGroup } = world.newServer()
  const send = (owner: string) => inGroup({ key: 'k', owner }, { name: owner })
  for (const replayed of [false, true]) {
    expect(await Promise.all([send('ann'), send('ben')])).toEqual([
      { kind: 'answer', text: '{"made":"ann"}', replayed },
      { kind: 'answer', text: '{"made":"ben"}', replayed },
    ])
  }
  expect(await world.effects()).toBe(2)
})

test('what two attempts of a group may not share is judged by the general form', async () => {
  await using world = await createWorld()
  const { inGroup, pool } = world.newServer()
  const alone = countQueries(pool)
  const outcomes = await Promise.all([
    inGroup({ key: 'k1' }, { name: 'same' }),
    inGroup({ key: 'k2' }, { name: 'same' }),
  ])
  // The effect of these tests makes a second row without asking; what matters is that it was asked.
  expect(alone()).toBe(1)
  expect(executed(outcomes)).toBe(2)
})

test('what is there already is left to the general form', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('taken')`)
  const { inGroup, pool } = world.newServer()
  const alone = countQueries(pool)
  await Promise.all([inGroup({ key: 'k1' }, { name: 'taken' }), inGroup({ key: 'k2' })])
  expect(alone()).toBe(1)
})

test('a slow twin in a group is waited for by nobody else', async () => {
  await using world = await createWorld()
  const [slow, quick] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const owner = slow.once({ key: 'twin' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('twin')(tx)
  })
  await claimed.promise
  const begun = performance.now()
  const twin = quick.inGroup({ key: 'twin' })
  const others = await Promise.all(
    Array.from({ length: 20 }, (_, at) => quick.inGroup({ key: `k${at}` })),
  )
  const tookMs = performance.now() - begun
  release.resolve()
  expect(executed(others)).toBe(20)
  expect(tookMs).toBeLessThan(1_000)
  expect(await twin).toEqual({ ...(await owner), replayed: true })
  expect(await world.effects()).toBe(21)
})

test('a group that waited for a claim which was then committed does not take it over', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  // The 50 ms of a group would be over before the test has looked.
  const session = await second.groupPool.connect()
  await session.query('set lock_timeout = 5000')
  session.release()
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const owner = first.once({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('first')(tx)
  })
  await claimed.promise
  const waiter = second.inGroup({ key: 'k' }, { name: 'second' })
  await untilSomeoneWaits(world)
  release.resolve()
  expect(await waiter).toEqual({ ...(await owner), replayed: true })
  expect(await world.effects()).toBe(1)
})

test('a row that cannot be made fails alone', async () => {
  await using world = await createWorld()
  const { inGroup } = world.newServer()
  const settled = await Promise.allSettled([
    inGroup({ key: 'k1' }),
    inGroup({ key: 'bad' }, { name: 'poison' }),
    inGroup({ key: 'k2' }),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await world.effects()).toBe(2)
})

test('a group whose answer was lost is settled one by one, and none is made twice', async () => {
  await using world = await createWorld()
  const { inGroup, groupPool } = world.newServer()
  const query = groupPool.query.bind(groupPool) as (statement: unknown) => Promise<unknown>
  let cuts = 1
  Object.assign(groupPool, {
    query: async (statement: unknown) => {
      const result = await query(statement)
      if (cuts-- > 0) throw new Error('Connection terminated unexpectedly')
      return result
    },
  })
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, at) => inGroup({ key: `k${at}` })),
  )
  expect(textsOf(outcomes).size).toBe(10)
  expect(executed(outcomes)).toBe(0)
  expect(await world.effects()).toBe(10)
})

test('an attempt that comes while a group runs goes with the next one', async () => {
  await using world = await createWorld()
  const { inGroup, groupPool } = world.newServer()
  const statements = countQueries(groupPool)
  const first = inGroup({ key: 'first' })
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  const rest = Array.from({ length: 30 }, (_, at) => inGroup({ key: `k${at}` }))
  await Promise.all([first, ...rest])
  expect(statements()).toBe(2)
})

function countQueries(pool: object): () => number {
  let count = 0
  const { query, connect } = pool as Record<string, (...parameters: unknown[]) => unknown>
  Object.assign(pool, {
    query: (...parameters: unknown[]) => {
      count += 1
      return query?.apply(pool, parameters)
    },
    // Given a callback, it was called by the pool's own `query`, which is counted above.
    connect: (...parameters: unknown[]) => {
      if (parameters.length === 0) count += 1
      return connect?.apply(pool, parameters)
    },
  })
  return () => count
}
