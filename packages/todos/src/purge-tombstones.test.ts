import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { type PurgeSettings, purgeTombstones } from './purge-tombstones.ts'

async function createWorld() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const query: PurgeSettings['query'] = async (text, values) =>
    (await pool.query(text, [...values])).rows
  return {
    pool,
    query,
    purge: (settings: Partial<PurgeSettings> = {}) =>
      purgeTombstones({ query, retentionDays: 365, ...settings }),
    /** Inserts `count` todos, deleted the given number of days ago or not deleted. */
    async add(count: number, daysAgo: number | null) {
      await pool.query(
        `insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
         select 'ann', gen_random_uuid(), 'Buy milk', now(), now(), now() - $2::int * interval '1 day'
         from generate_series(1, $1::int)`,
        [count, daysAgo],
      )
    },
    async count(): Promise<number> {
      return (await pool.query('select count(*)::int as n from todo')).rows[0].n
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

type World = Awaited<ReturnType<typeof createWorld>>

/** Runs statements and records the plan of each with the rows it read. */
function explaining({ pool, query }: World, plans: string[]): PurgeSettings['query'] {
  return async (text, values) => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const { rows } = await client.query(`explain (analyze, costs off, timing off) ${text}`, [
        ...values,
      ])
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      await client.query('rollback')
    } finally {
      client.release()
    }
    return query(text, values)
  }
}

test('tombstones older than the retention are purged, younger ones and todos are kept', async () => {
  await using world = await createWorld()
  await world.add(2, 366)
  await world.add(3, 364)
  await world.add(4, null)
  expect([await world.purge(), await world.purge()]).toEqual([2, 0])
  expect(await world.count()).toBe(7)
})

test('several servers purge more than a batch of equal times, each tombstone once', async () => {
  await using world = await createWorld()
  await world.add(2_500, 400)
  const counts = await Promise.all([world.purge(), world.purge(), world.purge()])
  expect(counts.reduce((sum, count) => sum + count)).toBe(2_500)
  expect(await world.count()).toBe(0)
})

test('a tombstone restored during a purge is kept', async () => {
  await using world = await createWorld()
  await world.add(1, 400)
  const person = await world.pool.connect()
  await person.query('begin; update todo set deleted_at = null')
  const purging = world.purge()
  await expect
    .poll(async () => (await world.pool.query('select from pg_locks where not granted')).rowCount)
    .toBe(1)
  await person.query('commit')
  person.release()
  expect(await purging).toBe(0)
  expect(await world.count()).toBe(1)
})

test.each(['vacuumed', 'never vacuumed'])(
  'a purge reads only the tombstones that it removes, in a table that was %s',
  async (state) => {
    await using world = await createWorld()
    await world.add(50_000, null)
    await world.add(6_500, 400)
    await world.add(2_000, 10)
    if (state === 'vacuumed') await world.pool.query('vacuum analyze todo')
    const plans: string[] = []
    expect(await world.purge({ query: explaining(world, plans) })).toBe(6_500)
    expect(plans).toHaveLength(7)
    for (const plan of plans) {
      expect(plan).toMatch(/Index (Only )?Scan using todo_tombstone_idx/)
      expect(plan).not.toMatch(/Seq Scan on todo|todo_pkey|Rows Removed by Filter/)
      // The first and the last row of a batch come from sorting the batch; the table is read in order.
      expect(plan).not.toMatch(/Sort Key: (?!old)/)
    }
  },
)

test('a purge continues one batch before its last end', async () => {
  await using world = await createWorld()
  await world.add(3_000, 400)
  const positions: unknown[] = []
  await world.purge({
    query(text, values) {
      positions.push(values[3])
      return world.query(text, values)
    },
  })
  expect(positions).toHaveLength(4)
  expect(positions.toSorted()).toEqual(positions)
  expect(new Set(positions).size).toBe(3)
})

test('removals before a failure are reported', async () => {
  await using world = await createWorld()
  await world.add(2_500, 400)
  const batches: number[] = []
  const purging = world.purge({
    query: async (text, values) => {
      if (batches.length === 2) throw new Error('The connection is gone.')
      return world.query(text, values)
    },
    onBatch: (purged) => batches.push(purged),
  })
  await expect(purging).rejects.toThrow('gone')
  expect(batches).toEqual([1_000, 1_000])
  expect(await world.count()).toBe(500)
})
