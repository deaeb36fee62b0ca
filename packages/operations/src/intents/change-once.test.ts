import {
  CreateTodoInput,
  DeleteTodoInput,
  RestoreTodoInput,
  UpdateTodoInput,
} from '@idem/contract/operations'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { caller, createWorld, type World } from '../test-world.ts'

const before =
  'update todo set version = 3, completed = true, created_at = $2, updated_at = $2 where id = $1'
const deleted =
  'update todo set version = 4, deleted_at = $2, updated_at = $2, created_at = $2 where id = $1'
const removed = 'delete from todo where id = $1 and $2::timestamptz is not null'
const then = '2026-01-01T12:00:00.123Z'

const states = { existing: before, deleted, missing: removed } as const

const calls = [
  { call: 'update of its version', send: update({ version: 3, title: 'Buy tea, "später"\n' }) },
  { call: 'update of nothing', send: update({ version: 3 }) },
  { call: 'update of another version', send: update({ version: 2, completed: false }) },
  { call: 'delete', send: remove({}) },
  { call: 'delete of its version', send: remove({ version: 3 }) },
  { call: 'delete of another version', send: remove({ version: 2 }) },
  { call: 'restore', send: restore({}) },
  { call: 'restore of its version', send: restore({ version: 4 }) },
  { call: 'restore of another version', send: restore({ version: 2 }) },
] as const

const cases = calls.flatMap((each) =>
  (['existing', 'deleted', 'missing'] as const).map((state) => ({ ...each, state })),
)

test.for(cases)(
  'the $call of a todo that is $state ends alike in a batch and alone',
  async ({ send, state }) => {
    await using world = await createWorld()
    const [inBatch, alone] = [await todoIn(world, state), await todoIn(world, state)]
    const statements = countBatches(world)
    const first = await settled(send(world, { id: inBatch, idempotencyKey: v7() }))
    expect(statements()).toBeGreaterThan(0)
    const second = await settled(send(world, { id: alone }))
    expect(comparable(first, inBatch)).toEqual(comparable(second, alone))
    expect(await rowOf(world, inBatch)).toEqual(await rowOf(world, alone))
  },
)

test('an id in upper case is the same todo, and the answer to a delete has it as it was sent', async () => {
  await using world = await createWorld()
  const id = await todoIn(world, 'existing')
  const upper = id.toUpperCase()
  const changed = await update({ version: 3, title: 'Buy tea' })(world, {
    id: upper,
    idempotencyKey: v7(),
  })
  expect(JSON.parse(changed.text)).toMatchObject({ id, title: 'Buy tea', version: 4 })
  const answer = await remove({})(world, { id: upper, idempotencyKey: v7() })
  expect(answer.text).toBe(JSON.stringify({ id: upper }))
  expect(await rowOf(world, id)).toMatchObject({ version: 5, isDeleted: true })
})

test('an id that is none costs no failed batch', async () => {
  await using world = await createWorld()
  const answers = await Promise.all(
    ['99', '', 'x'.repeat(100)].map((id) => remove({})(world, { id, idempotencyKey: v7() })),
  )
  expect(answers.map(({ text }) => JSON.parse(text).id)).toEqual(['99', '', 'x'.repeat(100)])
  expect(await world.count('idempotency_record')).toBe(3)
})

test('a todo that another transaction changes is neither overwritten nor waited for by others', async () => {
  await using world = await createWorld()
  const [held, other] = [await todoIn(world, 'existing'), await todoIn(world, 'existing')]
  const session = await world.pool.connect()
  await session.query('begin')
  await session.query("update todo set title = 'Buy rum', version = 4 where id = $1", [held])
  const rename = update({ version: 3, title: 'Buy tea' })
  const late = settled(rename(world, { id: held, idempotencyKey: v7() }))
  const quick = await rename(world, { id: other, idempotencyKey: v7() })
  expect(JSON.parse(quick.text)).toMatchObject({ title: 'Buy tea', version: 4 })
  await session.query('commit')
  session.release()
  expect(await late).toMatchObject({ code: 'version_conflict', current: { title: 'Buy rum' } })
  expect(await rowOf(world, held)).toMatchObject({ title: 'Buy rum', version: 4 })
  expect(world.failedBatches).toEqual([])
})

test('a todo changed by another transaction after a batch has read it is not overwritten', async () => {
  await using world = await createWorld()
  const id = await todoIn(world, 'existing')
  const { query } = world.batchPool
  Object.assign(world.batchPool, {
    query: async (...sent: Parameters<typeof query>) => {
      const rows = await query(...sent)
      if (sent[0].name.startsWith('idem_read')) {
        await world.pool.query("update todo set title = 'Buy rum', version = 4 where id = $1", [id])
      }
      return rows
    },
  })
  const late = update({ version: 3, title: 'Buy tea' })(world, { id, idempotencyKey: v7() })
  expect(await settled(late)).toMatchObject({
    code: 'version_conflict',
    current: { title: 'Buy rum' },
  })
  expect(await rowOf(world, id)).toMatchObject({ title: 'Buy rum', version: 4 })
})

test('a hundred updates of a version: the first succeeds, and all others see its todo', async () => {
  await using world = await createWorld()
  const id = await todoIn(world, 'existing')
  const ends = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      settled(update({ version: 3, title: `t${at}` })(world, { id, idempotencyKey: v7() })),
    ),
  )
  const changed = ends.filter((end) => 'id' in end)
  expect(changed).toHaveLength(1)
  const conflict = { code: 'version_conflict', current: changed[0] }
  expect(ends.filter((end) => 'code' in end)).toMatchObject(Array(99).fill(conflict))
})

type Sent = { readonly id: string; readonly idempotencyKey?: string }
type Send = (world: World, sent: Sent) => Promise<{ readonly text: string }>

function update(change: Omit<UpdateTodoInput, 'id' | 'idempotencyKey'>): Send {
  return ({ operations }, sent) => {
    const input = UpdateTodoInput.parse({ ...change, ...sent })
    return operations.updateTodo(caller, { input, arrived: input })
  }
}

function remove(deletion: { readonly version?: number }): Send {
  return ({ operations }, sent) => {
    const input = DeleteTodoInput.parse({ ...deletion, ...sent })
    return operations.deleteTodo(caller, { input, arrived: input })
  }
}

function restore(restoration: { readonly version?: number }): Send {
  return ({ operations }, sent) => {
    const input = RestoreTodoInput.parse({ ...restoration, ...sent })
    return operations.restoreTodo(caller, { input, arrived: input })
  }
}

async function todoIn({ operations, pool }: World, state: keyof typeof states): Promise<string> {
  const input = CreateTodoInput.parse({ idempotencyKey: v7(), title: 'Buy milk' })
  const { id } = (await operations.createTodo(caller, { input, arrived: input })).value()
  await pool.query(states[state], [id, then])
  return id
}

/** The answer, or the refusal. */
async function settled(answer: Promise<{ readonly text: string }>): Promise<object> {
  return answer.then(
    ({ text }) => JSON.parse(text),
    (error: { readonly refusal: object }) => error.refusal,
  )
}

/** Without what differs between two todos and two moments. */
function comparable(end: object, id: string): string {
  return JSON.stringify(end)
    .replaceAll(id, 'id')
    .replace(/"updatedAt":"(?!2026-01-01)[^"]+"/, '"updatedAt":"now"')
}

async function rowOf({ pool }: World, id: string) {
  const { rows } = await pool.query(
    `select title, completed, version, created_at, deleted_at is not null as "isDeleted",
       updated_at = $2 as "isUntouched", deleted_at = updated_at as "isDeletedAtUpdate"
     from todo where id = $1`,
    [id, then],
  )
  return rows[0]
}

function countBatches({ batchPool }: World): () => number {
  let count = 0
  const { query } = batchPool
  Object.assign(batchPool, {
    query: (...sent: Parameters<typeof query>) => {
      count += 1
      return query(...sent)
    },
  })
  return () => count
}
