import type { MutationName } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { createPrisma, type PrismaClient } from '@idem/database/prisma'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createOperations } from './create-operations.ts'
import type { Mutations } from './run-mutation.ts'
import {
  caller,
  callOf,
  createWorld,
  fakeBatchPool,
  oneShard,
  plainSettings,
  type World,
} from './test-world.ts'

const milk = { title: 'Buy milk' }

const update = sending('updateTodo')
const remove = sending('deleteTodo')
const restore = sending('restoreTodo')

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
    const first = await settled(send(world, { id: inBatch, key: v7() }))
    const second = await settled(send(withoutBatches(world), { id: alone, key: v7() }))
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
    key: v7(),
  })
  expect(JSON.parse(changed.text)).toMatchObject({ id, title: 'Buy tea', version: 4 })
  const answer = await remove({})(world, { id: upper, key: v7() })
  expect(answer.text).toBe(JSON.stringify({ id: upper }))
  expect(await rowOf(world, id)).toMatchObject({ version: 5, isDeleted: true })
})

test('an id that is none costs no failed batch', async () => {
  await using world = await createWorld()
  const answers = await Promise.all(
    ['99', '', 'x'.repeat(100)].map((id) => remove({})(world, { id, key: v7() })),
  )
  expect(answers.map(({ text }) => JSON.parse(text).id)).toEqual(['99', '', 'x'.repeat(100)])
  expect(await world.count('idem.idempotency_record')).toBe(3)
})

test('a todo that another transaction changes is neither overwritten nor waited for by others', async () => {
  await using world = await createWorld()
  const [held, other] = [await todoIn(world, 'existing'), await todoIn(world, 'existing')]
  const session = await world.pool.connect()
  await session.query('begin')
  await session.query("update todo set title = 'Buy rum', version = 4 where id = $1", [held])
  const rename = update({ version: 3, title: 'Buy tea' })
  const late = settled(rename(world, { id: held, key: v7() }))
  const quick = await rename(world, { id: other, key: v7() })
  expect(JSON.parse(quick.text)).toMatchObject({ title: 'Buy tea', version: 4 })
  await session.query('commit')
  session.release()
  expect(await late).toMatchObject({ code: 'version_conflict', current: { title: 'Buy rum' } })
  expect(await rowOf(world, held)).toMatchObject({ title: 'Buy rum', version: 4 })
  expect(world.failedBatches).toEqual([])
})

test.for(['one PostgreSQL', 'shards'] as const)(
  'on %s a todo changed by another transaction after a batch has read it is not overwritten',
  async (where) => {
    await using world = await createWorld(where === 'shards' ? { shards: oneShard } : {})
    const id = await todoIn(world, 'existing')
    afterReading(world, () =>
      world.pool.query("update todo set title = 'Buy rum', version = 4 where id = $1", [id]),
    )
    const late = update({ version: 3, title: 'Buy tea' })(world, { id, key: v7() })
    expect(await settled(late)).toMatchObject({
      code: 'version_conflict',
      current: { title: 'Buy rum' },
    })
    expect(await rowOf(world, id)).toMatchObject({ title: 'Buy rum', version: 4 })
  },
)

test('a hundred updates of a version: the first succeeds, and all others see its todo', async () => {
  await using world = await createWorld()
  const id = await todoIn(world, 'existing')
  const ends = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      settled(update({ version: 3, title: `t${at}` })(world, { id, key: v7() })),
    ),
  )
  const changed = ends.filter((end) => 'id' in end)
  expect(changed).toHaveLength(1)
  const conflict = { code: 'version_conflict', current: changed[0] }
  expect(ends.filter((end) => 'code' in end)).toMatchObject(Array(99).fill(conflict))
})

test('an id older than tombstones are kept is refused, but a key that has an answer is replayed', async () => {
  await using world = await createWorld()
  const later = createOperations({ ...plainSettings, ...world, tombstoneRetentionDays: 0 })
  const old = { ...milk, id: v7({ msecs: Date.now() - 1_000 }) }
  const created = await world.operations.createTodo(caller, callOf('createTodo', old, 'k1'))
  const again = await later.createTodo(caller, callOf('createTodo', old, 'k1'))
  expect(again).toMatchObject({ text: created.text, replayed: true })
  await expect(later.createTodo(caller, callOf('createTodo', old, 'k2'))).rejects.toEqual(
    new RefusalError('invalid_input', { paths: ['id'] }),
  )
  expect(await world.count('idem.idempotency_record')).toBe(1)
})

test.for(['in a batch', 'alone'] as const)(
  'a todo that is created %s without a key names the key that was minted for it',
  async (form) => {
    await using world = await createWorld()
    const { operations } = form === 'alone' ? withoutBatches(world) : world
    await operations.createTodo(caller, callOf('createTodo', milk))
    const { rows } = await world.pool.query(
      'select from todo join idempotency_record on key = created_key',
    )
    expect(rows).toHaveLength(1)
  },
)

test.for(['committed', 'rolled back'] as const)(
  'a create without a key whose lost commit was %s creates one todo',
  async (end) => {
    await using world = await createWorld()
    const operations = losingCommits(world, { end })
    const { value } = await operations.createTodo(caller, callOf('createTodo', milk))
    expect(await world.count('todo')).toBe(1)
    expect((await operations.getTodo(caller, value)).value).toEqual(value)
  },
)

test('an update without a key gets its answer after a lost commit, though the todo has changed since', async () => {
  await using world = await createWorld()
  const id = await todoIn(world, 'existing')
  const operations = losingCommits(world, {
    end: 'committed',
    afterwards: () => world.pool.query("update todo set title = 'Buy rum', version = 5"),
  })
  const tea = { id, version: 3, title: 'Buy tea' }
  const { value } = await operations.updateTodo(caller, callOf('updateTodo', tea))
  expect(value).toMatchObject({ title: 'Buy tea', version: 4 })
  expect(await rowOf(world, id)).toMatchObject({ title: 'Buy rum', version: 5 })
})

test('a create without a key whose commit stays in progress is left to a person', async () => {
  await using world = await createWorld()
  const operations = losingCommits(world, { end: 'committed', thenFailsWith: '55P03' })
  await expect(operations.createTodo(caller, callOf('createTodo', milk))).rejects.toMatchObject({
    code: 'in_flight',
    retry: 'ask_person',
  })
})

/** Does the work after the next message of the batches, which reads. */
function afterReading({ batchPool }: World, work: () => Promise<unknown>): void {
  let isDone = false
  const once =
    <Sent extends unknown[], T>(send: (...sent: Sent) => Promise<T>) =>
    async (...sent: Sent) => {
      const result = await send(...sent)
      if (!isDone) await work()
      isDone = true
      return result
    }
  const { shards, query } = batchPool
  Object.assign(batchPool, { query: once(query) })
  if (shards !== undefined) Object.assign(shards, { transact: once(shards.transact) })
}

type Sent = { readonly id: string; readonly key?: string }
type Send = (world: World, sent: Sent) => Promise<{ readonly text: string }>

function sending<Name extends MutationName>(name: Name) {
  return (input: object): Send =>
    ({ operations }, { id, key }) => {
      const mutate: Mutations[Name] = operations[name]
      return mutate(caller, callOf(name, { id, ...input }, key))
    }
}

async function todoIn({ operations, pool }: World, state: keyof typeof states): Promise<string> {
  const { value } = await operations.createTodo(caller, callOf('createTodo', milk))
  await pool.query(states[state], [value.id, then])
  return value.id
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

/** A world with the same database, whose attempts all run alone. */
function withoutBatches(world: World): World {
  const { prisma } = world
  const batchPool = fakeBatchPool(async () => [])
  return { ...world, operations: createOperations({ ...plainSettings, prisma, batchPool }) }
}

type Lost = {
  readonly end: 'committed' | 'rolled back'
  /** Runs after the commit and before its caller learns that the connection broke. */
  readonly afterwards?: () => Promise<unknown>
  /** The SQLSTATE with which each later transaction ends. */
  readonly thenFailsWith?: string
}

/** Operations without batches, whose first transaction ends like this and loses its answer with the connection. */
function losingCommits(
  { pool }: World,
  { end, afterwards = async () => undefined, thenFailsWith }: Lost,
) {
  const prisma = createPrisma(pool)
  const transaction = prisma.$transaction.bind(prisma)
  const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  let isFirst = true
  const losing: PrismaClient = Object.create(prisma, {
    $transaction: {
      value: async (...[work, options]: Parameters<typeof transaction>) => {
        if (!isFirst && thenFailsWith !== undefined) {
          throw Object.assign(new Error('held'), { code: thenFailsWith })
        }
        if (!isFirst) return transaction(work, options)
        isFirst = false
        await transaction(async (tx) => {
          await work(tx)
          if (end === 'rolled back') throw reset()
        }, options)
        await afterwards()
        throw reset()
      },
    },
  })
  const batchPool = fakeBatchPool(async () => [])
  return createOperations({ ...plainSettings, prisma: losing, batchPool })
}
