import type pg from 'pg'
import { v7 } from 'uuid'
import { afterEach, expect, test, vi } from 'vitest'
import { untilSomeoneWaits } from '../test-waiting.ts'
import { adminPool, createWorld, textsOf, type World } from '../test-world.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** A UUIDv7 of the year 10889, the last that its 48 bits can name. */
const keyOfYear10889 = 'ffffffff-ffff-7fff-bfff-ffffffffffff'

test('a key minted in the year 10889 fails no batch and is refused', async () => {
  await using world = await createWorld()
  const server = world.newServer()
  const [poison, ...good] = await Promise.allSettled(
    [keyOfYear10889, ...Array.from({ length: 20 }, () => v7())].map((key) =>
      server.batched({ key }),
    ),
  )
  expect(poison).toMatchObject({ status: 'rejected', reason: { code: 'key_from_future' } })
  expect(good.map(({ status }) => status)).toEqual(good.map(() => 'fulfilled'))
  expect(server.failed).toEqual([])
})

test('a key outside its window is refused by the batch, by the time of the database', async () => {
  await using world = await createWorld()
  const server = world.newServer()
  const alone = countStatements(server.pool)
  const outside = [
    ['key_expired', v7({ msecs: Date.now() - 24 * 3_600_000 })],
    ['key_from_future', v7({ msecs: Date.now() + 25 * 3_600_000 })],
  ] as const
  const good = server.batched({ key: 'good' })
  for (const [code, key] of outside) {
    const { reason } = await rejected(server.batched({ key }))
    expect(reason).toMatchObject({ code, serverTime: expect.any(Date) })
    expect(Math.abs(Date.now() - reason.serverTime.getTime())).toBeLessThan(60_000)
  }
  expect(await good).toMatchObject({ replayed: false })
  expect(await world.effects()).toBe(1)
  expect([alone(), server.failed]).toEqual([0, []])
})

test('a key that is kept beyond its window is replayed by the batch', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer()
  const key = v7()
  const first = await batched({ key })
  // It is older than the window of the other server, which still has its record.
  const old = v7({ msecs: Date.now() - 24 * 3_600_000 })
  await world.admin.query('update idem.idempotency_record set key = $1', [old])
  expect(await batched({ key: old }, { name: key })).toEqual({ ...first, replayed: true })
})

test('a new id under several keys fails no batch, also while one is on its way with it', async () => {
  await using world = await createWorld()
  await world.admin.query('create unique index on effect (name)')
  const server = world.newServer()
  const alone = countStatements(server.pool)
  const { sent } = commitsLate(server)
  const send = (key: string) => server.batched({ key }, { name: 'same' })
  const poison = [send('p1')]
  await sent
  poison.push(...['p2', 'p3', 'p4'].map(send))
  const good = Array.from({ length: 10 }, (_, at) => server.batched({ key: `g${at}` }))
  expect(textsOf(await Promise.all(poison))).toEqual(new Set(['{"made":"same"}']))
  await Promise.all(good)
  expect(await world.effects('same')).toBe(1)
  expect([alone(), server.failed]).toEqual([0, []])
})

test('a row that cannot be inserted costs the 63 others no transaction of their own', async () => {
  await using world = await createWorld()
  const server = world.newServer({ partsLockTimeoutMs: 1_500 })
  const alone = countStatements(server.pool)
  const settled = await Promise.allSettled(
    Array.from({ length: 64 }, (_, at) =>
      server.batched({ key: `k${at}` }, { name: at === 17 ? 'poison' : `n${at}` }),
    ),
  )
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(63)
  expect(await world.effects()).toBe(63)
  expect(alone()).toBe(1)
  // Every part that holds it fails until it is alone.
  expect(server.failed.map(({ size }) => size)).toEqual([64, 8, 1])
  expect(new Set(server.failed.map(({ sqlState }) => sqlState))).toEqual(new Set(['23514']))
})

test('a key that was found held a moment ago fails no second batch', async () => {
  await using world = await createWorld()
  await using _ = await holdKeys(world, ['held'])
  const server = world.newServer()
  await expect(server.batched({ key: 'held' })).rejects.toMatchObject({ code: 'in_flight' })
  expect(server.failed).toEqual([{ operation: 'make', size: 1, sqlState: '55P03' }])
  const again = server.batched({ key: 'held' })
  const good = Array.from({ length: 20 }, (_, at) => server.batched({ key: `k${at}` }))
  await Promise.all(good)
  expect(server.failed).toEqual([{ operation: 'make', size: 1, sqlState: '55P03' }])
  await expect(again).rejects.toMatchObject({ code: 'in_flight' })
})

test('a key whose lock wait timed out is remembered anew', async () => {
  await using world = await createWorld()
  await using _ = await holdKeys(world, ['held'])
  const server = world.newServer()
  const now = performance.now.bind(performance)
  // A key is remembered for 10 s: the third attempt is too late for the memory of the first one.
  for (const aheadMs of [0, 8_000, 15_000]) {
    vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs)
    await expect(server.batched({ key: 'held' })).rejects.toMatchObject({ code: 'in_flight' })
  }
  expect(server.failed).toHaveLength(1)
})

test('attempts that wait for held keys leave connections to all others', async () => {
  await using world = await createWorld()
  const keys = Array.from({ length: 12 }, (_, at) => `held${at}`)
  await using _ = await holdKeys(world, keys)
  const server = world.newServer()
  const waiting = Promise.allSettled(keys.map((key) => server.batched({ key })))
  const most = mostLockWaits(world, waiting)
  await untilSomeoneWaits(world)
  await server.run({ key: 'free' })
  const settled = await waiting
  for (const each of settled) {
    expect(each).toMatchObject({ status: 'rejected', reason: { code: 'in_flight' } })
  }
  // Ten connections serve everything except batches.
  expect(await most).toBeLessThan(6)
})

/** The most connections that wait for a lock at one moment, until `over`. */
async function mostLockWaits({ admin }: World, over: Promise<unknown>): Promise<number> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  over.then(end, end)
  let most = 0
  while (!isOver) {
    const { rows } = await admin.query(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    most = Math.max(most, rows[0].n)
  }
  return most
}

/** Another server that has claimed these keys and neither commits nor rolls back. */
async function holdKeys({ url }: World, keys: readonly string[]) {
  const pool = adminPool(url, 1)
  const client = await pool.connect()
  await client.query('begin')
  await client.query(
    `insert into idempotency_record (owner_id, key, operation, fingerprint, created_at)
     select 'ann', key, 'make', sha256('x'), now() from unnest($1::text[]) as key`,
    [keys],
  )
  return {
    async [Symbol.asyncDispose]() {
      await client.query('rollback')
      client.release()
      await pool.end()
    },
  }
}

/** The first statement is committed when a second one has ended: executed, or after a lock timeout. */
function commitsLate({ batchPool, lanes }: ReturnType<World['newServer']>) {
  const { query } = lanes
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  Object.assign(lanes, {
    async query({ ...statement }: Parameters<typeof query>[0]) {
      Object.assign(lanes, {
        query: (...sent: Parameters<typeof query>) => query(...sent).finally(second.resolve),
      })
      const client = await batchPool.connect()
      await client.query('begin')
      const { rows } = await client.query({ ...statement, values: [...statement.values] })
      first.resolve()
      await second.promise
      await client.query('commit')
      client.release()
      return rows
    },
  })
  return { sent: first.promise }
}

async function rejected(attempt: Promise<unknown>) {
  const [settled] = await Promise.allSettled([attempt])
  if (settled?.status !== 'rejected') throw new Error('The attempt was not refused.')
  return settled
}

function countStatements(pool: pg.Pool): () => number {
  let statements = 0
  pool.on('acquire', () => {
    statements += 1
  })
  return () => statements
}
