import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { reconcile } from './reconcile.ts'
import { createWorld, type World } from './test-world.ts'

const nothing = { duplicates: 0, keysWithoutEffect: 0, effectsWithoutKey: 0 }

function findings({ pool }: World) {
  return reconcile({
    query: async (text, values) => (await pool.query(text, [...values])).rows,
    policy: { retentionHours: 24 },
  })
}

/** A todo that has been through everything, and one that came without a key. */
async function livedIn(world: World) {
  const key = v7()
  const { data: todo } = await world.mutate('createTodo', {
    idempotencyKey: key,
    title: 'Buy milk',
  })
  const { id } = todo
  await world.mutate('updateTodo', { idempotencyKey: v7(), id, version: 1, title: 'Buy oat milk' })
  await world.mutate('deleteTodo', { idempotencyKey: v7(), id })
  await world.mutate('restoreTodo', { idempotencyKey: v7(), id })
  await world.mutate('createTodo', { idempotencyKey: v7(), id, title: 'Something else' })
  await world.mutate('cancel', { idempotencyKey: v7() })
  await world.context.operations.createTodoWithoutKey(world.context.caller, { title: 'Buy tea' })
  return { key, id }
}

test('a database in which everything was done once has nothing to reconcile', async () => {
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

test('an opaque key that was forgotten may make another todo, and one that was not may not', async () => {
  await using world = await createWorld()
  const create = () => world.mutate('createTodo', { idempotencyKey: 'weekly', title: 'Report' })
  const { data: todo } = await create()
  await world.pool.query('delete from idempotency_record')
  await create()
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

test('keys whose todo is not there, or is older than they were told, are keys without an effect', async () => {
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
  await world.pool.query('delete from idempotency_record where key = $1', [key])
  expect(await findings(world)).toEqual({ ...nothing, effectsWithoutKey: 1 })
})

test('keys that were cleaned in their time are not missed', async () => {
  await using world = await createWorld()
  const { id } = await livedIn(world)
  await world.pool.query('delete from idempotency_record')
  await world.pool.query(
    `update todo set created_at = created_at - interval '1 day' where id = $1`,
    [id],
  )
  expect(await findings(world)).toEqual(nothing)
})

test('keys that a shorter retention had cleaned are not missed after it was raised', async () => {
  await using world = await createWorld()
  await livedIn(world)
  await world.pool.query('delete from idempotency_record')
  await world.pool.query('update installation set forgotten_before = now()')
  expect(await findings(world)).toEqual(nothing)
})
