import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import type { Query } from '../adapter.ts'
import { untilSomeoneWaits } from '../test-waiting.ts'
import { createWorld, make, type World } from '../test-world.ts'
import { cleanKeys } from './clean.ts'
import { keyPolicy } from './key-policy.ts'

const policy = keyPolicy({})
const queryOf =
  (world: World): Query =>
  async (text, values) =>
    (await world.admin.query(text, [...values])).rows

/** `count` records of one instant, so many hours old. */
async function addOld(world: World, count: number, hours: number) {
  await world.admin.query(
    `insert into idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
     select 'ann', $2::text || '-' || n, 'make', sha256('x'), '{}', now() - make_interval(hours => $2::int)
     from generate_series(1, $1::int) n`,
    [count, hours],
  )
}

async function records(world: World): Promise<number> {
  return (await world.admin.query('select count(*)::int as n from idempotency_record')).rows[0].n
}

test('records older than the retention are removed, younger ones are kept', async () => {
  await using world = await createWorld()
  await addOld(world, 3, 25)
  await addOld(world, 2, 23)
  expect(await cleanKeys({ query: queryOf(world), policy })).toBe(3)
  expect(await records(world)).toBe(2)
  expect(await cleanKeys({ query: queryOf(world), policy })).toBe(0)
})

test('more records of one instant than fit a batch are all removed', async () => {
  await using world = await createWorld()
  await addOld(world, 2_500, 30)
  expect(await cleanKeys({ query: queryOf(world), policy })).toBe(2_500)
  expect(await records(world)).toBe(0)
})

test('several instances at once remove each record once, and none fails', async () => {
  await using world = await createWorld()
  await addOld(world, 3_000, 30)
  const counts = await Promise.all(
    [1, 2, 3].map(() => {
      const { pool } = world.newServer()
      return cleanKeys({
        query: async (text, values) => (await pool.query(text, [...values])).rows,
        policy,
      })
    }),
  )
  expect(counts.reduce((sum, count) => sum + count)).toBe(3_000)
  expect(await records(world)).toBe(0)
})

test('a time-ordered key whose record was removed is never executed again, even if keys are kept longer afterwards', async () => {
  await using world = await createWorld()
  const long = world.newServer({ retentionHours: 1_000 })
  const key = v7({ msecs: Date.now() - 26 * 3_600_000 })
  await long.run({ key })
  await world.admin.query(`update idempotency_record set created_at = now() - interval '26 hours'`)
  expect(await cleanKeys({ query: queryOf(world), policy })).toBe(1)
  for (const send of [world.newServer().run, long.run, long.batched]) {
    await expect(send({ key })).rejects.toMatchObject({ code: 'key_expired' })
  }
  expect(await world.effects()).toBe(1)
})

test.each(['alone', 'in a batch'])(
  'an attempt that arrives %s while its record is being removed has no second effect',
  async (form) => {
    await using world = await createWorld()
    const { run, batched, batchPool } = world.newServer({ retentionHours: 1_000 })
    // The 10 ms of a batch would be over before the test has looked.
    const session = await batchPool.connect()
    await session.query('set lock_timeout = 5000')
    session.release()
    const key = v7({ msecs: Date.now() - 26 * 3_600_000 })
    const send = (name: string) =>
      form === 'in a batch' ? batched({ key }, { name }) : run({ key }, make(name))
    const first = await send('first')
    await world.admin.query(
      `update idempotency_record set created_at = now() - interval '26 hours'`,
    )
    const cleaner = await world.admin.connect()
    await cleaner.query('begin')
    const query: Query = async (text, values) => (await cleaner.query(text, [...values])).rows
    expect(await cleanKeys({ query, policy })).toBe(1)
    const second = send('second')
    await untilSomeoneWaits(world, second)
    await cleaner.query('commit')
    cleaner.release()
    expect(await second).toEqual({ ...first, replayed: true })
    expect(await world.effects()).toBe(1)
  },
)

test('an attempt on a computer whose clock is behind has no second effect while its record is being removed', async () => {
  await using world = await createWorld()
  const { run } = world.newServer({ retentionHours: 1_000 })
  const key = v7({ msecs: Date.now() - 26 * 3_600_000 })
  await run({ key })
  await world.admin.query(`update idempotency_record set created_at = now() - interval '26 hours'`)
  const cleaner = await world.admin.connect()
  await cleaner.query('begin')
  const query: Query = async (text, values) => (await cleaner.query(text, [...values])).rows
  expect(await cleanKeys({ query, policy })).toBe(1)
  vi.useFakeTimers({ now: Date.now() - 26 * 3_600_000, toFake: ['Date'] })
  const second = run({ key })
  await untilSomeoneWaits(world, second)
  vi.useRealTimers()
  await cleaner.query('commit')
  cleaner.release()
  await expect(second).rejects.toMatchObject({ code: 'key_expired' })
  expect(await world.effects()).toBe(1)
})

test('an aborted cleaning ends after the batch in progress', async () => {
  await using world = await createWorld()
  await addOld(world, 2_000, 30)
  const stop = new AbortController()
  const query: Query = (text, values) => {
    stop.abort()
    return queryOf(world)(text, values)
  }
  expect(await cleanKeys({ query, policy, signal: stop.signal })).toBe(1_000)
})

type Read = { readonly blocks: number; readonly fetched: number; readonly scanned: unknown[] }

/** Runs statements and records what each read: blocks, rows found by an index, and tables scanned completely. */
function explaining(world: World, reads: Read[]): Query {
  return async (text, values) => {
    const client = await world.admin.connect()
    try {
      // Rolled back and run again, because EXPLAIN returns the plan instead of the rows.
      await client.query('begin')
      const explain = `explain (analyze, buffers, format json) ${text}`
      const { rows } = await client.query(explain, [...values])
      await client.query('rollback')
      reads.push(readOf(rows[0]['QUERY PLAN'][0].Plan))
      return (await client.query(text, [...values])).rows
    } finally {
      client.release()
    }
  }
}

type PlanNode = Readonly<Record<string, unknown>> & { readonly Plans?: readonly PlanNode[] }

function readOf(plan: PlanNode): Read {
  const nodes = nodesOf(plan)
  const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan')
  return {
    blocks: Number(plan['Shared Hit Blocks']) + Number(plan['Shared Read Blocks']),
    fetched: nodes.reduce((sum, node) => sum + Number(node['Heap Fetches'] ?? 0), 0),
    // The installation is one row.
    scanned: scans.map((node) => node['Relation Name']).filter((name) => name !== 'installation'),
  }
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

test.each(['analyzed', 'never analyzed'])(
  'a batch reads the rows that it removes and no others, in a table that was %s',
  async (state) => {
    await using world = await createWorld()
    await addOld(world, 50_000, 2)
    await addOld(world, 1_500, 30)
    if (state === 'analyzed') await world.admin.query('analyze idempotency_record')
    const reads: Read[] = []
    const query = explaining(world, reads)
    expect(await cleanKeys({ query, policy })).toBe(1_500)
    expect(await cleanKeys({ query, policy })).toBe(0)
    expect(reads.flatMap(({ scanned }) => scanned)).toEqual([])
    // Entries of removed records are still in the index; 50,000 records are more blocks than this.
    expect(reads.at(-1)?.blocks).toBeLessThan(500)
  },
)

test('a batch reads only its own rows and those of the batch before it, with and without vacuum', async () => {
  await using world = await createWorld()
  await addOld(world, 5_000, 30)
  await world.admin.query('vacuum analyze idempotency_record')
  const backup = await world.admin.connect()
  await backup.query('begin isolation level repeatable read; select from installation')
  const reads: Read[] = []
  expect(await cleanKeys({ query: explaining(world, reads), policy })).toBe(5_000)
  await backup.query('rollback')
  backup.release()
  expect(reads).toHaveLength(6)
  expect(Math.max(...reads.map(({ fetched }) => fetched))).toBeLessThanOrEqual(2_000)
})

test('removals before a failure are reported', async () => {
  await using world = await createWorld()
  await addOld(world, 2_500, 30)
  const batches: number[] = []
  const query: Query = async (text, values) => {
    if (batches.length === 2) throw new Error('The connection is gone.')
    return queryOf(world)(text, values)
  }
  const cleaning = cleanKeys({ query, policy, onBatch: (count) => batches.push(count) })
  await expect(cleaning).rejects.toThrow('gone')
  expect(batches).toEqual([1_000, 1_000])
  expect(await records(world)).toBe(500)
})
