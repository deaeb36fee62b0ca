import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { untilSomeoneWaits } from '../test-waiting.ts'
import { createWorld, executed, make, textsOf } from '../test-world.ts'

test('attempts that arrive together are one statement, each with an answer of its own', async () => {
  await using world = await createWorld()
  const { batched, batchPool } = world.newServer()
  const statements = countQueries(batchPool)
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, at) => batched({ key: `k${at}` })),
  )
  expect(statements()).toBe(1)
  expect(executed(outcomes)).toBe(50)
  expect(textsOf(outcomes).size).toBe(50)
  expect(await world.effects()).toBe(50)
})

test('a key twice in one batch with the same input: one effect, equal answers', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer()
  const outcomes = await Promise.all([
    batched({ key: 'k' }),
    batched({ key: 'k' }),
    batched({ key: 'other' }),
  ])
  expect(executed(outcomes)).toBe(2)
  expect(outcomes[0]?.text).toBe(outcomes[1]?.text)
  expect(await world.effects()).toBe(2)
})

test('a key twice in one batch with another input: one answer, one refusal', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer()
  const settled = await Promise.allSettled([
    batched({ key: 'k' }),
    batched({ key: 'k', input: { title: 'Buy tea' } }),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(settled[1]).toMatchObject({ reason: { code: 'key_reused' } })
  expect(await world.effects()).toBe(1)
})

test('a retry is answered from the record in the same statement', async () => {
  await using world = await createWorld()
  const { batched, batchPool, pool } = world.newServer()
  const first = await batched({ key: 'k' })
  const alone = countQueries(pool)
  const statements = countQueries(batchPool)
  expect(await batched({ key: 'k' })).toEqual({ ...first, replayed: true })
  expect([statements(), alone()]).toEqual([1, 0])
  await expect(batched({ key: 'k', input: {} })).rejects.toMatchObject({ code: 'key_reused' })
})

test('two owners may use the same key independently, at once and afterwards', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer()
  const send = (owner: string) => batched({ key: 'k', owner }, { name: owner })
  for (const replayed of [false, true]) {
    expect(await Promise.all([send('ann'), send('ben')])).toEqual([
      { value: { made: 'ann' }, text: '{"made":"ann"}', replayed },
      { value: { made: 'ben' }, text: '{"made":"ben"}', replayed },
    ])
  }
  expect(await world.effects()).toBe(2)
})

test('the second of two attempts with one identity joins the next batch, where the effect exists', async () => {
  await using world = await createWorld()
  const { batched, pool } = world.newServer()
  const alone = countQueries(pool)
  const outcomes = await Promise.all(
    ['k1', 'k2', 'k3'].map((key) => batched({ key }, { name: 'same' })),
  )
  expect(textsOf(outcomes)).toEqual(new Set(['{"made":"same"}']))
  expect(await world.effects()).toBe(1)
  expect(alone()).toBe(0)
})

test('an attempt whose effect exists gets its answer without a second effect, and its key stores it', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('taken')`)
  const { batched, pool } = world.newServer()
  const alone = countQueries(pool)
  const attempt = () => batched({ key: 'k1' }, { name: 'taken' })
  const [first] = await Promise.all([attempt(), batched({ key: 'k2' })])
  expect(first).toEqual({ value: { made: 'taken' }, text: '{"made":"taken"}', replayed: false })
  expect(await world.effects('taken')).toBe(1)
  await world.admin.query('delete from effect')
  expect(await attempt()).toEqual({ ...first, replayed: true })
  expect([await world.effects(), alone()]).toEqual([0, 0])
})

test('an attempt that declines because its effect exists is stored and replayed', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('declined')`)
  const { batched, pool } = world.newServer()
  const alone = countQueries(pool)
  for (let attempts = 0; attempts < 2; attempts += 1) {
    await expect(batched({ key: 'k' }, { name: 'declined' })).rejects.toMatchObject({
      stored: { code: 'taken' },
    })
  }
  expect(alone()).toBe(0)
  const { rows } = await world.admin.query('select answer, refusal, status from idempotency_record')
  expect(rows).toEqual([{ answer: null, refusal: '{"code":"taken"}', status: 409 }])
})

test('an outcome that another server stored first is replayed, not replaced', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('taken')`)
  const [late, early] = [world.newServer(), world.newServer()]
  const { query } = late.lanes
  Object.assign(late.lanes, {
    query: async (...sent: Parameters<typeof query>) => {
      if (sent[1] === 'parts') await early.run({ key: 'k' }, async () => ({ made: 'early' }))
      return query(...sent)
    },
  })
  const answer = await late.batched({ key: 'k' }, { name: 'taken' })
  expect(answer).toEqual({ value: { made: 'early' }, text: '{"made":"early"}', replayed: true })
})

test('an attempt whose effect exists runs alone when no answer is built from the existing effect', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('taken')`)
  const { batched, pool } = world.newServer({ decidesTaken: false })
  const alone = countQueries(pool)
  await Promise.all([batched({ key: 'k1' }, { name: 'taken' }), batched({ key: 'k2' })])
  expect(alone()).toBe(1)
})

test('an error that is not stored fails its attempt only, and leaves its key free', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('broken')`)
  const { batched, pool } = world.newServer()
  const alone = countQueries(pool)
  const failing = batched({ key: 'k1' }, { name: 'broken' })
  const [failed, other] = await Promise.allSettled([failing, batched({ key: 'k2' })])
  expect(failed).toMatchObject({ reason: new TypeError('broken') })
  expect(other.status).toBe('fulfilled')
  expect(await batched({ key: 'k1' })).toMatchObject({ replayed: false })
  expect(alone()).toBe(0)
})

test('no other attempt waits for a slow duplicate in a batch', async () => {
  await using world = await createWorld()
  const [slow, quick] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const owner = slow.run({ key: 'duplicate' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('duplicate')(tx)
  })
  await claimed.promise
  const begun = performance.now()
  const duplicate = quick.batched({ key: 'duplicate' })
  const others = await Promise.all(
    Array.from({ length: 20 }, (_, at) => quick.batched({ key: `k${at}` })),
  )
  const tookMs = performance.now() - begun
  release.resolve()
  expect(executed(others)).toBe(20)
  expect(tookMs).toBeLessThan(1_000)
  expect(await duplicate).toEqual({ ...(await owner), replayed: true })
  expect(await world.effects()).toBe(21)
})

test('a batch that waited for a claim which was then committed does not take it over', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  // The 10 ms of a batch would be over before the test has looked.
  const session = await second.batchPool.connect()
  await session.query('set lock_timeout = 5000')
  session.release()
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const owner = first.run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('first')(tx)
  })
  await claimed.promise
  const waiter = second.batched({ key: 'k' }, { name: 'second' })
  await untilSomeoneWaits(world)
  release.resolve()
  expect(await waiter).toEqual({ ...(await owner), replayed: true })
  expect(await world.effects()).toBe(1)
})

test('a row that cannot be inserted fails alone', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer()
  const settled = await Promise.allSettled([
    batched({ key: 'k1' }),
    batched({ key: 'bad' }, { name: 'poison' }),
    batched({ key: 'k2' }),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await world.effects()).toBe(2)
})

test('the attempts of a batch whose answer was lost run alone, and none has its effect twice', async () => {
  await using world = await createWorld()
  const { batched, lanes } = world.newServer()
  const { query } = lanes
  let cuts = 1
  Object.assign(lanes, {
    query: async (...sent: Parameters<typeof query>) => {
      const result = await query(...sent)
      if (cuts-- > 0) throw new Error('Connection terminated unexpectedly')
      return result
    },
  })
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, at) => batched({ key: `k${at}` })),
  )
  expect(textsOf(outcomes).size).toBe(10)
  expect(executed(outcomes)).toBe(0)
  expect(await world.effects()).toBe(10)
})

test('an attempt that arrives while a batch runs joins the next one', async () => {
  await using world = await createWorld()
  const { batched, batchPool } = world.newServer()
  const statements = countQueries(batchPool)
  const first = batched({ key: 'first' })
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  const rest = Array.from({ length: 30 }, (_, at) => batched({ key: `k${at}` }))
  await Promise.all([first, ...rest])
  expect(statements()).toBe(2)
})

test('a batch on a dead connection delays no other attempt', async () => {
  await using world = await createWorld()
  const { batched, lanes } = world.newServer()
  const { query } = lanes
  const silent = Promise.withResolvers<never>()
  const sent = Promise.withResolvers<void>()
  let isFirst = true
  Object.assign(lanes, {
    query: (...statement: Parameters<typeof query>) => {
      if (!isFirst) return query(...statement)
      isFirst = false
      sent.resolve()
      return silent.promise
    },
  })
  const first = Array.from({ length: 64 }, (_, at) => batched({ key: `first${at}` }))
  await sent.promise
  const others = Array.from({ length: 10 }, (_, at) => batched({ key: `k${at}` }))
  const answered = Promise.all(others).then(executed)
  expect(await Promise.race([answered, pause(5_000, 'they wait')])).toBe(10)
  silent.reject(Object.assign(new Error('Query read timeout'), { code: 'ETIMEDOUT' }))
  expect(executed(await Promise.all(first))).toBe(64)
})

test('more attempts of one id than fit a batch delay no other attempt', async () => {
  await using world = await createWorld()
  const { batched, batchPool } = world.newServer()
  const statements = countQueries(batchPool)
  const same = Array.from({ length: 140 }, (_, at) => batched({ key: `s${at}` }, { name: 'same' }))
  const others = Array.from({ length: 20 }, (_, at) => batched({ key: `k${at}` }))
  expect(executed(await Promise.all(others))).toBe(20)
  expect(statements()).toBeLessThanOrEqual(2)
  expect(textsOf(await Promise.all(same)).size).toBe(1)
  expect(await world.effects('same')).toBe(1)
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
