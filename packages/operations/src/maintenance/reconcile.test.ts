import { setTimeout as pause } from 'node:timers/promises'
import type { MutationName } from '@idem/contract/operations'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import type { Mutations } from '../run-mutation.ts'
import { caller, callOf, createWorld, type World } from '../test-world.ts'
import { clean } from './clean.ts'
import { type ReconcileSettings, reconcile } from './reconcile.ts'

const nothing = { duplicates: 0, keysWithoutEffect: 0, effectsWithoutKey: 0 }

const policy = { retentionHours: 24 }
const queryOf =
  ({ pool }: World): ReconcileSettings['query'] =>
  async (text, values) =>
    (await pool.query(text, [...values])).rows

/** In one step, and in as many steps as possible: the findings are the same. */
async function findings(world: World) {
  const query = queryOf(world)
  const found = await reconcile({ query, policy })
  expect(await reconcile({ query, policy, rowsPerStep: 2 })).toEqual(found)
  return found
}

/** A todo after every operation, and one that was created without a key. */
async function livedIn(world: World) {
  const key = v7()
  const { id } = await create(world, { idempotencyKey: key, title: 'Buy milk' })
  await run(world, 'updateTodo', { idempotencyKey: v7(), id, version: 1, title: 'Buy oat milk' })
  await run(world, 'deleteTodo', { idempotencyKey: v7(), id })
  await run(world, 'restoreTodo', { idempotencyKey: v7(), id })
  await expect(
    create(world, { idempotencyKey: v7(), id, title: 'Something else' }),
  ).rejects.toMatchObject({ refusal: { code: 'id_taken' } })
  await world.operations.cancel(caller, v7())
  await world.operations.createTodo(caller, callOf('createTodo', { title: 'Buy tea' }))
  return { key, id }
}

async function create({ operations }: World, { idempotencyKey, ...input }: Keyed) {
  return (await operations.createTodo(caller, callOf('createTodo', input, idempotencyKey))).value
}

function run<Name extends MutationName>(
  { operations }: World,
  name: Name,
  { idempotencyKey, ...input }: Keyed,
) {
  const mutate: Mutations[Name] = operations[name]
  return mutate(caller, callOf(name, input, idempotencyKey))
}

type Keyed = { readonly idempotencyKey: string; readonly [member: string]: unknown }

test('a database in which every effect happened once has no findings', async () => {
  await using world = await createWorld()
  await livedIn(world)
  expect(await findings(world)).toEqual(nothing)
})

test('a second todo of one key is a duplicate', async () => {
  await using world = await createWorld()
  const { id } = await livedIn(world)
  await world.pool.query(
    `insert into todo select owner_id, gen_random_uuid(), title, completed, version, created_key,
       created_at - interval '3 days', updated_at, deleted_at from todo where id = $1`,
    [id],
  )
  expect(await findings(world)).toEqual({ ...nothing, duplicates: 1 })
})

test('a forgotten opaque key may create another todo, and a stored one may not', async () => {
  await using world = await createWorld()
  const createWeekly = () => create(world, { idempotencyKey: 'weekly', title: 'Report' })
  const todo = await createWeekly()
  await world.pool.query('delete from idem.idempotency_record')
  await createWeekly()
  const made = (ago: string) =>
    world.pool.query('update todo set created_at = now() - $2::interval where id = $1', [
      todo.id,
      ago,
    ])
  await made('1 hour')
  expect(await findings(world)).toEqual({ ...nothing, duplicates: 1, effectsWithoutKey: 1 })
  await made('25 hours')
  expect(await findings(world)).toEqual(nothing)
})

test('keys whose todo is missing, or older than their answer, are keys without an effect', async () => {
  await using world = await createWorld()
  const { id } = await livedIn(world)
  await world.pool.query('update todo set version = version - 1 where id = $1', [id])
  expect(await findings(world)).toEqual({ ...nothing, keysWithoutEffect: 1 })
  await world.pool.query('delete from todo where id = $1', [id])
  expect(await findings(world)).toEqual({ ...nothing, keysWithoutEffect: 1 })
})

test('a todo that lost its key within the retention is an effect without a key', async () => {
  await using world = await createWorld()
  const { key } = await livedIn(world)
  await world.pool.query('delete from idem.idempotency_record where key = $1', [key])
  expect(await findings(world)).toEqual({ ...nothing, effectsWithoutKey: 1 })
})

test('keys that were cleaned after their retention are not missing', async () => {
  await using world = await createWorld()
  await livedIn(world)
  await world.pool.query('delete from idem.idempotency_record')
  await world.pool.query(`update todo set created_at = created_at - interval '1 day'`)
  expect(await findings(world)).toEqual(nothing)
})

test('keys that a shorter retention cleaned are not missing after it is raised', async () => {
  await using world = await createWorld()
  await livedIn(world)
  await world.pool.query('delete from idem.idempotency_record')
  await world.pool.query('update idem.installation set forgotten_before = now()')
  expect(await findings(world)).toEqual(nothing)
})

test('each todo of a key beyond the first is one duplicate, with steps of any size', async () => {
  await using world = await createWorld()
  await world.pool.query(`
    insert into todo (owner_id, id, title, created_key, created_at, updated_at)
    select owner, gen_random_uuid(), 'x', key, timestamptz '2026-01-01 00:00:00Z' + n * interval '50 ms', now()
    from generate_series(1, 9) as n, unnest(array['k', '${v7()}', 'é']) as key,
      unnest(array['ann', 'ben']) as owner`)
  const query = queryOf(world)
  for (const rowsPerStep of [2, 9, 10]) {
    const { duplicates } = await reconcile({ query, policy, rowsPerStep })
    expect(duplicates).toBe(2 * 3 * 8)
  }
})

test('a step reads its own rows by an index, and none before them', async () => {
  await using world = await createWorld()
  await world.pool.query(`
    insert into todo (owner_id, id, title, created_key, created_at, updated_at)
      select 'local', gen_random_uuid(), 'x', gen_random_uuid(), now() - interval '3 days', now()
      from generate_series(1, 5000);
    insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
      select owner_id, created_key, 'createTodo', sha256('x'), json_build_object('id', id, 'version', 1), created_at
      from todo;
    analyze`)
  const plans: string[] = []
  await reconcile({
    policy,
    rowsPerStep: 500,
    async query(text, values) {
      if (!text.includes('with step')) return queryOf(world)(text, values)
      const { rows } = await world.pool.query(`explain (analyze, timing off) ${text}`, [...values])
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      return queryOf(world)(text, values)
    },
  })
  expect(plans).toHaveLength(33)
  for (const plan of plans) {
    const read = /Index (?:Only )?Scan using \w+ on .*\(actual rows=(\d+)/.exec(plan)?.[1]
    // One more, after which the last key is complete.
    expect(Number(read)).toBeLessThanOrEqual(501)
  }
})

test('reconciling while everything is written, cleaned and purged finds nothing', {
  timeout: 60_000,
}, async () => {
  await using world = await createWorld()
  const writing = new AbortController()
  const { signal } = writing
  const query = queryOf(world)
  async function whileWriting(work: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      await work()
      await pause(20)
    }
  }
  const writers = [
    ...todoKinds.map((kind) => whileWriting(() => oneTodo(world, kind))),
    whileWriting(() => world.pool.query(oldTodos)),
    whileWriting(() =>
      clean({ query, policy, expiredRows: [], tombstoneRetentionDays: 1, signal }),
    ),
  ]
  let runs = 0
  try {
    const begun = performance.now()
    // Runs on an empty table prove nothing, and a busy machine has no time for twenty.
    const isShort = async () => runs < 20 || (await world.count('todo')) <= 500
    while ((await isShort()) && performance.now() - begun < 10_000) {
      expect(await reconcile({ query, policy, rowsPerStep: 100 })).toEqual(nothing)
      runs += 1
    }
  } finally {
    writing.abort()
    await Promise.all(writers)
  }
  expect(runs).toBeGreaterThan(2)
  expect(await world.count('todo')).toBeGreaterThan(100)
})

type TodoKind = { readonly keys: 'opaque' | 'timed'; readonly ends: 'deleted' | 'restored' }

const todoKinds: readonly TodoKind[] = [
  { keys: 'opaque', ends: 'deleted' },
  { keys: 'opaque', ends: 'restored' },
  { keys: 'timed', ends: 'deleted' },
  { keys: 'timed', ends: 'restored' },
]

/** Every operation on a todo, each sent twice at once, as after a lost answer. */
async function oneTodo(world: World, { keys, ends }: TodoKind) {
  const twice = async <Answer>(attempt: () => Promise<Answer>) =>
    (await Promise.all([attempt(), attempt()]))[0]
  const key = keys === 'timed' ? v7() : `opaque-${v7()}`
  const { id } = await twice(() => create(world, { idempotencyKey: key, title: 'Buy milk' }))
  const change = async (name: MutationName, more: object = {}) => {
    const input = { idempotencyKey: v7(), id, ...more }
    await twice(() => run(world, name, input))
  }
  await change('updateTodo', { version: 1, completed: true })
  await change('deleteTodo')
  if (ends === 'restored') await change('restoreTodo')
}

/** About a day old, with their keys; some were deleted long enough ago to be purged. */
const oldTodos = `
  with made as (
    insert into todo (owner_id, id, title, created_key, created_at, updated_at, deleted_at)
    select 'local', gen_random_uuid(), 'x', gen_random_uuid(), at, at,
      case when n % 2 = 0 then now() - interval '2 days' end
    from (select n, now() - interval '24 hours' + (n - 10) * interval '90 seconds' as at
      from generate_series(1, 20) as n) as times
    returning *
  )
  insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
  select owner_id, created_key, 'createTodo', sha256('x'), json_build_object('id', id, 'version', 1), created_at
  from made`
