import { createPool } from '@idem/database/pool'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test } from 'vitest'
import { type CleaningSettings, clean } from './clean.ts'

/** A database with 1,500 keys and 1,500 tombstones past their retention. */
async function createWorld() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  await pool.query(`
    insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
      select 'local', 'k' || n, true, now() - interval '3 days' from generate_series(1, 1500) as n;
    insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
      select 'local', gen_random_uuid(), 'x', now() - interval '3 years', now() - interval '2 years',
        now() - interval '2 years' from generate_series(1, 1500) as n`)
  const query: CleaningSettings['query'] = async (text, values) =>
    (await pool.query(text, [...values])).rows
  return {
    pool,
    query,
    clean: (settings: Partial<CleaningSettings> = {}) =>
      clean({
        query,
        policy: { retentionHours: 24 },
        tombstoneRetentionDays: 365,
        expiredRows: [],
        signal: new AbortController().signal,
        ...settings,
      }),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Inserts `count` todos, deleted the given number of days ago or not deleted. */
function add({ pool }: World, count: number, daysAgo: number | null) {
  return pool.query(
    `insert into todo (owner_id, id, title, created_at, updated_at, deleted_at)
     select 'ann', gen_random_uuid(), 'Buy milk', now(), now(), now() - $2::int * interval '1 day'
     from generate_series(1, $1::int)`,
    [count, daysAgo],
  )
}

type World = Awaited<ReturnType<typeof createWorld>>

test('tombstones younger than the retention, and todos, are kept', async () => {
  await using world = await createWorld()
  await add(world, 2, 366)
  await add(world, 3, 364)
  await add(world, 4, null)
  expect(await world.clean()).toMatchObject({ tombstones: { removed: 1_502 } })
  expect((await world.pool.query('select from todo')).rowCount).toBe(7)
})

test('a tombstone restored meanwhile is kept', async () => {
  await using world = await createWorld()
  await world.pool.query('delete from todo')
  await add(world, 1, 400)
  const person = await world.pool.connect()
  await person.query('begin; update todo set deleted_at = null')
  const cleaning = world.clean()
  await expect
    .poll(async () => (await world.pool.query('select from pg_locks where not granted')).rowCount)
    .toBe(1)
  await person.query('commit')
  person.release()
  expect(await cleaning).toMatchObject({ tombstones: { removed: 0 } })
})

test.each(['vacuumed', 'never vacuumed'])(
  'only the tombstones that are removed are read, in a table that was %s',
  async (state) => {
    await using world = await createWorld()
    await add(world, 50_000, null)
    await add(world, 5_000, 400)
    await add(world, 2_000, 10)
    if (state === 'vacuumed') await world.pool.query('vacuum analyze todo')
    const plans: string[] = []
    await world.clean({ query: explaining(world, plans) })
    expect(plans).toHaveLength(7)
    for (const plan of plans) {
      expect(plan).toMatch(/Index (Only )?Scan using todo_tombstone_idx/)
      expect(plan).not.toMatch(/Seq Scan on todo|todo_pkey|Rows Removed by Filter/)
      // The first and the last row of a batch come from sorting the batch; the table is read in order.
      expect(plan).not.toMatch(/Sort Key: (?!old)/)
    }
  },
)

/** Runs statements and records the plan of each that removes todos, with the rows it read. */
function explaining({ pool, query }: World, plans: string[]): CleaningSettings['query'] {
  return async (text, values) => {
    if (!text.includes('delete from public.todo')) return query(text, values)
    const client = await pool.connect()
    await client.query('begin')
    const { rows } = await client.query(`explain (analyze, costs off, timing off) ${text}`, [
      ...values,
    ])
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    await client.query('rollback')
    client.release()
    return query(text, values)
  }
}

test('keys and tombstones are cleaned, and each batch is reported', async () => {
  await using world = await createWorld()
  const batches: unknown[] = []
  const onBatch: CleaningSettings['onBatch'] = (kind, removed) => batches.push([kind, removed])
  expect(await world.clean({ onBatch })).toEqual({
    keys: { removed: 1_500 },
    tombstones: { removed: 1_500 },
    sign_in: { removed: 0 },
  })
  expect(batches).toEqual([
    ['keys', 1_000],
    ['keys', 500],
    ['tombstones', 1_000],
    ['tombstones', 500],
  ])
})

test.each([
  ['keys', 'idempotency_record', 'tombstones'],
  ['tombstones', 'delete from public.todo', 'keys'],
] as const)(
  'when cleaning %s fails half-way, its removals are reported, and the other is cleaned',
  async (kind, part, other) => {
    await using world = await createWorld()
    const lost = new Error('The connection is gone.')
    let batches = 0
    const cleaned = await world.clean({
      async query(text, values) {
        if (text.includes(part)) {
          batches += 1
          if (batches === 2) throw lost
        }
        return world.query(text, values)
      },
    })
    expect(cleaned[kind]).toEqual({ removed: 1_000, failure: lost })
    expect(cleaned[other]).toEqual({ removed: 1_500 })
  },
)
