import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import { v7 } from 'uuid'
import { afterEach, expect, test, vi } from 'vitest'
import { untilSomeoneWaits } from '../test-waiting.ts'
import { adminPool, createWorld, type World } from '../test-world.ts'

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

test('a key outside its window joins no batch', async () => {
  await using world = await createWorld()
  const { batched, batchPool } = world.newServer()
  const statements = countStatements(batchPool)
  for (const hours of [-24, 1]) {
    const key = v7({ msecs: Date.now() + hours * 3_600_000 })
    await expect(batched({ key })).rejects.toThrow()
  }
  expect(statements()).toBe(0)
})

test('an id that was found to exist joins no second batch', async () => {
  await using world = await createWorld()
  await world.admin.query(`insert into effect values ('taken')`)
  const { batched, batchPool } = world.newServer()
  const statements = countStatements(batchPool)
  for (const key of ['k1', 'k2', 'k3']) await batched({ key }, { name: 'taken' })
  expect(statements()).toBe(1)
})

test('a new id under several keys at once fails no batch', async () => {
  await using world = await createWorld()
  await world.admin.query('create unique index on effect (name)')
  // What is made alone has its row before the batch starts, and commits while the batch waits for it.
  const server = world.newServer({
    transact: (transaction) => (work) =>
      transaction(async (tx, query) => {
        const made = await work(tx, query)
        await pause(40)
        return made
      }),
  })
  const query = server.batchPool.query.bind(server.batchPool) as (sent: unknown) => Promise<unknown>
  Object.assign(server.batchPool, { query: (sent: unknown) => pause(20).then(() => query(sent)) })
  const poison = ['p1', 'p2', 'p3', 'p4'].map((key) => server.batched({ key }, { name: 'same' }))
  const good = Array.from({ length: 10 }, (_, at) => server.batched({ key: `g${at}` }))
  const settled = await Promise.allSettled(poison)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  await Promise.all(good)
  expect(server.failed).toEqual([])
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

test('a key that an attempt waited for in vain is remembered anew', async () => {
  await using world = await createWorld()
  await using _ = await holdKeys(world, ['held'])
  const server = world.newServer()
  const now = performance.now.bind(performance)
  // A key is remembered for 10 s: the third attempt comes too late for what the first one found.
  for (const aheadMs of [0, 8_000, 15_000]) {
    vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs)
    await expect(server.batched({ key: 'held' })).rejects.toMatchObject({ code: 'in_flight' })
  }
  expect(server.failed).toHaveLength(1)
})

test('attempts that wait for held keys leave connections to everybody else', async () => {
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
  // Ten connections serve everything that is not batched.
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

function countStatements(pool: pg.Pool): () => number {
  let statements = 0
  pool.on('acquire', () => {
    statements += 1
  })
  return () => statements
}
