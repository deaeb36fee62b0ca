import { createPool } from '@idem/database/pool'
import { createPrisma, inTransaction } from '@idem/database/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { mutate } from '../test-mutate.ts'
import { listTodos } from './list-todos.ts'

// Filling a table with 100,000 rows takes a while on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const patienceMs = 60_000

const noon = new Date('2026-01-01T12:00:00.000Z').getTime()
const page = { limit: 50, show: 'all' } as const

async function createWorld() {
  const database = await scratchDatabase()
  const pool = createPool({ url: database.url, statementTimeoutMs: patienceMs })
  const prisma = createPrisma(pool)
  return {
    pool,
    prisma,
    /** A statement on very many rows, which takes a while on a busy machine. */
    change: (text: string, values: unknown[] = []) =>
      pool.query(Object.assign({ text, values }, { query_timeout: patienceMs })),
    list: (input: Partial<Parameters<typeof listTodos>[2]> = {}) =>
      listTodos(prisma, 'ann', { ...page, ...input }),
    /** Minted and created this many seconds after noon. */
    create: (title: string, written: number, made: number) =>
      inTransaction(prisma, (tx) => {
        const id = v7({ msecs: noon + written * 1_000 })
        return mutate(tx, 'createTodo', { input: { title, id }, at: new Date(noon + made * 1_000) })
      }),
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

type World = Awaited<ReturnType<typeof createWorld>>

test('todos are listed by the time they were minted, not by arrival', async () => {
  await using world = await createWorld()
  await world.create('third', 3, 10)
  await world.create('first', 1, 11)
  await world.create('second', 2, 12)
  const { todos } = await world.list()
  expect(todos.map(({ title }) => title)).toEqual(['third', 'second', 'first'])
})

test('pages have no gap when a todo arrives late or is deleted in between', async () => {
  await using world = await createWorld()
  for (let at = 0; at < 6; at += 1) await world.create(`todo ${at}`, at, at)
  const first = await world.list({ limit: 2 })
  await world.create('newer', 9, 9)
  // Minted before the end of the page and created later: it belongs to the next page.
  await world.create('late', 1.5, 9)
  await world.pool.query(`update todo set deleted_at = now() where title = 'todo 4'`)
  const seen = first.todos.map(({ title }) => title)
  let cursor = first.nextCursor
  while (cursor !== null) {
    const next = await world.list({ limit: 2, cursor })
    seen.push(...next.todos.map(({ title }) => title))
    cursor = next.nextCursor
  }
  expect(seen).toEqual(['todo 5', 'todo 4', 'todo 3', 'todo 2', 'late', 'todo 1', 'todo 0'])
})

test('show: deleted lists the tombstones of the owner alone, newest first, and all others leave them out', async () => {
  await using world = await createWorld()
  for (const at of [1, 2, 3, 4]) await world.create(`todo ${at}`, at, at)
  await world.pool.query(
    "update todo set deleted_at = now(), version = 2, completed = true where title <> 'todo 2'",
  )
  await world.pool.query(
    "insert into todo select 'ben', id, title, completed, version, created_key, created_at, updated_at, deleted_at from todo where title = 'todo 4'",
  )
  const titles = async (input: Parameters<typeof world.list>[0]) =>
    (await world.list(input)).todos.map(({ title }) => title)
  const first = await world.list({ show: 'deleted', limit: 2 })
  expect(first.todos).toMatchObject([
    { title: 'todo 4', completed: true, version: 2 },
    { title: 'todo 3', completed: true, version: 2 },
  ])
  const cursor = String(first.nextCursor)
  expect(await titles({ show: 'deleted', limit: 2, cursor })).toEqual(['todo 1'])
  expect(await titles({ show: 'deleted', search: '3' })).toEqual(['todo 3'])
  for (const show of ['all', 'open'] as const) expect(await titles({ show })).toEqual(['todo 2'])
  expect(await titles({ show: 'done' })).toEqual([])
})

test('cursors are compatible with the previous release in both directions', async () => {
  await using world = await createWorld()
  const ids = [await world.create('a', 1, 20), await world.create('b', 2, 10)].map(({ id }) => id)
  const given = Buffer.from(`${noon + 10_000} ${ids[1]}`).toString('base64url')
  expect((await world.list({ cursor: given })).todos.map(({ id }) => id)).toEqual([ids[0]])
  expect((await world.list({ limit: 1 })).nextCursor).toBe(given)
})

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const encoded = (text: string) => Buffer.from(text).toString('base64url')

test.each([
  ['empty', ''],
  ['no cursor at all', 'x'],
  ['of something else', encoded('1 2')],
  ['without a time', encoded(id)],
  ['with something behind it', encoded(`1 ${id} 2`)],
  ['padded', `${encoded(`1 ${id}`)}=`],
])('a forged cursor is invalid input: %s', async (_, cursor) => {
  await using world = await createWorld()
  await expect(world.list({ cursor })).rejects.toMatchObject({
    refusal: { code: 'invalid_input', paths: ['cursor'] },
  })
})

test.each([
  ['the first page', {}],
  ['a page in the middle', { middle: true }],
])(
  '%s among 100,000 todos is a backward scan of the primary key',
  async (_, { middle }: { middle?: boolean }) => {
    await using world = await createWorld()
    await world.change(fill, [100_000])
    await world.change('analyze todo')
    const cursor = middle && Buffer.from(`1 ${await middleOf(world)}`).toString('base64url')
    const plan = await planOf(world, () => world.list(cursor ? { cursor } : {}))
    expect(plan).toMatch(/Index Scan Backward using todo_pkey on todo .*rows=51/)
    expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap/)
  },
)

test('100,000 newer tombstones cost a page only milliseconds and are not shown', async () => {
  await using world = await createWorld()
  await world.change(fill, [100_060])
  await world.change('update todo set deleted_at = now() where title::int > 60')
  await world.change('vacuum analyze todo')
  const plan = await planOf(world, async () => {
    const { todos } = await world.list()
    expect(todos).toHaveLength(50)
    expect(todos.every(({ title }) => Number(title) <= 60)).toBe(true)
  })
  // 12 ms on an idle machine of two cores.
  expect(Number(/Execution Time: ([\d.]+)/.exec(plan)?.[1])).toBeLessThan(500)
})

test('a search that finds nothing ends after 50,000 todos, and the next page begins there', async () => {
  await using world = await createWorld()
  await world.change(fill, [50_010])
  await world.change(`update todo set title = 'Buy milk' where title in ('1', '11')`)
  const first = await world.list({ search: 'MILK' })
  // It is the last todo that was looked at.
  expect(first.todos.map(({ title }) => title)).toEqual(['Buy milk'])
  const second = await world.list({ search: 'MILK', cursor: String(first.nextCursor) })
  expect(second).toMatchObject({ todos: [{ title: 'Buy milk' }], nextCursor: null })
  expect(await world.list({ search: 'tea' })).toMatchObject({
    todos: [],
    nextCursor: first.nextCursor,
  })
})

test('a filter is exact about the end of a list of fewer todos', async () => {
  await using world = await createWorld()
  for (const at of [1, 2, 3]) await world.create(`todo ${at}`, at, at)
  const first = await world.list({ search: 'todo', limit: 2 })
  expect(first.todos.map(({ title }) => title)).toEqual(['todo 3', 'todo 2'])
  const second = await world.list({ search: 'todo', limit: 2, cursor: String(first.nextCursor) })
  expect(second.todos.map(({ title }) => title)).toEqual(['todo 1'])
  expect(second.nextCursor).toBe(null)
  expect(await world.list({ show: 'done' })).toEqual({ todos: [], nextCursor: null })
})

const fill = `
  insert into todo (owner_id, id, title, created_at, updated_at)
  select 'ann', (lpad(to_hex(1764000000000 + n), 12, '0') || '70008' || substr(md5(n::text), 1, 15))::uuid, n, now(), now()
  from generate_series(1, $1::int) as n`

async function middleOf({ pool }: World): Promise<string> {
  const { rows } = await pool.query('select id from todo order by id offset 50000 limit 1')
  return rows[0].id
}

/** The plan of the single statement that the work sends. */
async function planOf({ pool }: World, work: () => Promise<unknown>): Promise<string> {
  const sent: { text: string; values: unknown[] }[] = []
  const { query } = pool
  Object.assign(pool, {
    query(...parameters: [{ text: string; values: unknown[] }]) {
      sent.push(parameters[0])
      return Reflect.apply(query, pool, parameters)
    },
  })
  await work()
  Object.assign(pool, { query })
  expect(sent).toHaveLength(1)
  const { rows } = await pool.query(
    `explain (analyze, timing off) ${sent[0]?.text}`,
    sent[0]?.values,
  )
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}
