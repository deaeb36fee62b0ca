import { createPool } from '@idem/database/pool'
import {
  createPrisma,
  inTransaction,
  type PrismaClient,
  type Transaction,
} from '@idem/database/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { v7 } from 'uuid'
import { expect, expectTypeOf, test } from 'vitest'
import { changeTodo } from './change-todo.ts'
import { getTodo } from './get-todo.ts'
import { listTodos } from './list/list-todos.ts'
import { createTodoBatch } from './rules/create-todo.ts'
import { draftOf, mutate } from './test-mutate.ts'

const now = new Date('2026-01-01T12:00:00.000Z')
const page = { limit: 50, show: 'all' } as const

async function createWorld() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url })
  const prisma = createPrisma(pool)
  const update = (input: { id: string; [member: string]: unknown }, at = now) =>
    inTransaction(prisma, (tx) => mutate(tx, 'updateTodo', { input, at }))
  return {
    pool,
    prisma,
    create: (title: string, settings: { owner?: string; id?: string; at?: Date } = {}) =>
      inTransaction(prisma, (tx) => {
        const { owner = 'ann', id, at = now } = settings
        return mutate(tx, 'createTodo', { input: { title, ...(id && { id }) }, owner, at })
      }),
    update,
    remove: (id: string, owner = 'ann') =>
      inTransaction(prisma, (tx) => mutate(tx, 'deleteTodo', { input: { id }, owner, at: now })),
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('a todo cannot be created or changed outside a transaction', () => {
  expectTypeOf<PrismaClient>().not.toExtend<Transaction>()
  expectTypeOf(changeTodo).parameter(0).toEqualTypeOf<Transaction>()
})

test("another owner's todo looks like a missing one and stays unchanged", async () => {
  await using world = await createWorld()
  const { id } = await world.create('Buy milk', { owner: 'ben' })
  await expect(getTodo(world.prisma, 'ann', id)).rejects.toMatchObject({
    refusal: { code: 'not_found' },
  })
  expect((await listTodos(world.prisma, 'ann', page)).todos).toEqual([])
  expect(await world.remove(id)).toEqual({ id })
  expect(await getTodo(world.prisma, 'ben', id)).toMatchObject({ title: 'Buy milk' })
})

test('two owners can have a todo with the same id', async () => {
  await using world = await createWorld()
  const id = v7()
  await world.create("ann's", { id })
  await world.create("ben's", { id, owner: 'ben' })
  await world.remove(id)
  expect(await getTodo(world.prisma, 'ben', id)).toMatchObject({ title: "ben's" })
})

test('a new todo has one time, and a change sets the time of the change alone', async () => {
  await using world = await createWorld()
  const todo = await world.create('Buy milk')
  const made = now.toISOString()
  expect(todo).toMatchObject({ createdAt: made, updatedAt: made })
  const later = new Date(now.getTime() + 1_000)
  const { id } = todo
  const changed = await world.update({ id, version: 1, title: 'Buy tea' }, later)
  expect(changed).toMatchObject({ createdAt: made, updatedAt: later.toISOString() })
  expect(await getTodo(world.prisma, 'ann', id)).toEqual(changed)
})

test('a deleted todo stays as a tombstone with a raised version', async () => {
  await using world = await createWorld()
  const { id } = await world.create('Buy milk')
  await world.remove(id)
  await world.remove(id)
  const { rows } = await world.pool.query('select version, deleted_at from todo')
  expect(rows).toEqual([{ version: 2, deleted_at: now }])
})

test('a create with the id of a deleted todo is refused and does not restore it', async () => {
  await using world = await createWorld()
  const { id } = await world.create('Buy milk')
  await world.remove(id)
  await expect(world.create('Buy milk', { id })).rejects.toMatchObject({
    refusal: { code: 'id_taken', deleted: true },
  })
  await expect(getTodo(world.prisma, 'ann', id)).rejects.toMatchObject({
    refusal: { code: 'not_found' },
  })
})

test('a second create of a changed todo is refused with id_taken', async () => {
  await using world = await createWorld()
  const { id } = await world.create('Buy milk')
  await world.pool.query('update todo set version = 2, completed = true where id = $1', [id])
  await expect(world.create('Buy milk', { id })).rejects.toMatchObject({
    refusal: { code: 'id_taken', current: { id, completed: true, version: 2 } },
  })
})

test('a todo that is changed after it was read is read again, and nothing is overwritten', async () => {
  await using world = await createWorld()
  const { id } = await world.create('Buy milk')
  const done = { version: 1, completed: true }
  const refused = await inTransaction(world.prisma, (tx) => {
    let reads = 0
    const raced = {
      updateMany: tx.todo.updateMany,
      async findFirst(args: Parameters<typeof tx.todo.findFirst>[0]) {
        const found = await tx.todo.findFirst(args)
        reads += 1
        if (reads === 1) await world.update({ id, version: 1, title: 'Buy tea' })
        return found
      },
    }
    const queryRaw = (...query: Parameters<typeof tx.$queryRaw>) => tx.$queryRaw(...query)
    const racing = { $queryRaw: queryRaw, todo: raced } as unknown as Transaction
    return changeTodo(racing, draftOf('updateTodo', { id, ...done }), { key: 'k', now })
  }).catch((error: unknown) => error)
  expect(refused).toMatchObject({
    refusal: {
      code: 'version_conflict',
      current: { title: 'Buy tea', completed: false, version: 2 },
    },
  })
})

test('a change that the database suppresses is an error, and is not tried for ever', async () => {
  await using world = await createWorld()
  const { id } = await world.create('Buy milk')
  await world.pool.query(`
    create function suppress() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger suppress before update on todo for each row execute function suppress()`)
  await expect(world.remove(id)).rejects.toThrow('A locked todo was not changed')
})

test('a todo that another transaction creates first is read, and not created twice', async () => {
  await using world = await createWorld()
  const id = v7()
  const answer = await inTransaction(world.prisma, (tx) => {
    const todo = {
      findFirst: tx.todo.findFirst,
      async createMany(args: Parameters<typeof tx.todo.createMany>[0]) {
        await world.create('Buy milk', { id })
        return tx.todo.createMany(args)
      },
    }
    const queryRaw = (...query: Parameters<typeof tx.$queryRaw>) => tx.$queryRaw(...query)
    const racing = { $queryRaw: queryRaw, todo } as unknown as Transaction
    return mutate(racing, 'createTodo', { input: { id, title: 'Buy milk' }, at: now })
  })
  expect(await getTodo(world.prisma, 'ann', id)).toEqual(answer)
})

test('an id minted by the server is not part of the identity of an attempt', () => {
  const milk = { title: 'milk' }
  const minted = createTodoBatch.prepare(draftOf('createTodo', milk), now)
  expect(minted).toMatchObject({ identity: undefined, row: { chosen: false } })
  const id = v7()
  const chosen = createTodoBatch.prepare(draftOf('createTodo', { ...milk, id }), now)
  expect(chosen).toMatchObject({ identity: `ann ${id}`, row: { id, chosen: true } })
})
