import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { callOf, createWorld, type World } from '../test-world.ts'
import { reconcile } from './reconcile.ts'
import { type RemovalOfOwnersSettings, removeDeletedOwners } from './remove-deleted-owners.ts'

const signal = new AbortController().signal

function queryOf({ pool }: World): RemovalOfOwnersSettings['query'] {
  return async (text, values) => (await pool.query(text, [...values])).rows
}

const remove = (world: World, waitMs?: number) =>
  removeDeletedOwners({
    query: queryOf(world),
    signal,
    ...(waitMs === undefined ? {} : { waitMs }),
  })

const create = ({ operations }: World, owner: string) =>
  operations.createTodo({ owner }, callOf('createTodo', { title: 'Buy milk' }, v7()))

/** Todos and keys of each owner. */
async function rowsOf({ pool }: World) {
  const { rows } = await pool.query(
    `select owner_id, count(*)::int as rows from (
      select owner_id from todo union all select owner_id from idem.idempotency_record
    ) as each group by 1 order by 1`,
  )
  return Object.fromEntries(rows.map((row) => [row.owner_id, row.rows]))
}

const recordDeleted = (world: World, times: string) =>
  world.pool.query(
    `insert into deleted_owner (owner, deleted_at, checked_at) values ('ann', ${times})`,
  )

test('everything of a deleted account is removed, also what another process commits afterwards', async () => {
  await using world = await createWorld()
  await Promise.all(['ann', 'ann', 'bob'].map((owner) => create(world, owner)))
  await recordDeleted(world, `now() - interval '1 ms', null`)
  expect(await remove(world, 0)).toBe(4)
  expect(await rowsOf(world)).toEqual({ bob: 2 })

  await create(world, 'ann')
  expect(await rowsOf(world)).toEqual({ ann: 2, bob: 2 })
  await expect.poll(() => remove(world, 0)).toBe(2)
  expect(await rowsOf(world)).toEqual({ bob: 2 })
})

test.for([
  ['deleted 59 s ago', `now() - interval '59 s', null`, 0],
  ['deleted 61 s ago', `now() - interval '61 s', null`, 2],
  [
    'checked at once, less than a minute ago',
    `now() - interval '50 s', now() - interval '49 s'`,
    0,
  ],
  ['deleted 11 min ago, checked 5 min ago', `now() - interval '11 m', now() - interval '5 m'`, 0],
  ['deleted 11 min ago, checked 6 min ago', `now() - interval '11 m', now() - interval '6 m'`, 2],
] as const)(
  'a deleted account is looked at after a minute, and whenever twice the time has passed: %s',
  async ([, times, removed]) => {
    await using world = await createWorld()
    await create(world, 'ann')
    await recordDeleted(world, times)
    expect(await remove(world)).toBe(removed)
  },
)

test('an account that is partly removed gives no findings', async () => {
  await using world = await createWorld()
  await Promise.all(['ann', 'ann'].map((owner) => create(world, owner)))
  await recordDeleted(world, 'now(), null')
  await world.pool.query(`
    delete from todo where id = (select min(id::text)::uuid from todo);
    delete from idem.idempotency_record where answer::json ->> 'id' = (select max(id::text) from todo)`)
  const found = await reconcile({ query: queryOf(world), policy: { retentionHours: 24 } })
  expect(found).toEqual({ duplicates: 0, keysWithoutEffect: 0, effectsWithoutKey: 0 })
})

test('a batch reads the rows that it removes by an index, and none before them', async () => {
  await using world = await createWorld()
  await world.pool.query(`
    insert into todo (owner_id, id, title, created_at, updated_at)
      select case when n % 10 = 0 then 'ann' else 'bob' end, gen_random_uuid(), 'x', now(), now()
      from generate_series(1, 25000) as n`)
  await world.pool.query('analyze todo')
  await recordDeleted(world, `now() - interval '1 h', null`)
  const plans: string[] = []
  await removeDeletedOwners({ query: explaining(world, plans), signal })
  expect(plans).toHaveLength(6)
  for (const plan of plans) {
    expect(plan).toMatch(/(using|on) todo_pkey/)
    expect(plan).not.toMatch(/Seq Scan on todo|Rows Removed by Filter/)
  }
  expect(await rowsOf(world)).toEqual({ bob: 22_500 })
})

/** Runs statements and records the plan of each that finds or removes todos. */
function explaining(world: World, plans: string[]): RemovalOfOwnersSettings['query'] {
  return async (text, values) => {
    if (text.includes('from todo')) {
      const client = await world.pool.connect()
      await client.query('begin')
      const { rows } = await client.query(`explain (analyze, costs off) ${text}`, [...values])
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      await client.query('rollback')
      client.release()
    }
    return queryOf(world)(text, values)
  }
}
