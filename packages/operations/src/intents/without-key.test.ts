import { CreateTodoInput } from '@idem/contract/operations'
import { createPrisma, type PrismaClient } from '@idem/database/prisma'
import { expect, test } from 'vitest'
import { createOperations } from '../create-operations.ts'
import { caller, createWorld, plainSettings, type World } from '../test-world.ts'

const milk = { title: 'Buy milk' }

test.for([
  ['committed', 2],
  ['rolled back', 1],
] as const)(
  'an update without a key whose ambiguous commit was %s is left to a person',
  async ([end, version]) => {
    await using world = await createWorld()
    const { id } = await createdTodo(world)
    const input = { id, version: 1, title: 'Buy tea' }
    const operations = losingCommits(world, { end })
    await expect(operations.updateTodo(caller, { input, arrived: input })).rejects.toMatchObject({
      refusal: { code: 'unavailable', retry: 'ask_person' },
    })
    expect(await world.operations.getTodo(caller, { id })).toMatchObject({ version })
  },
)

test('a delete without a key is run again after an ambiguous commit, and succeeds', async () => {
  await using world = await createWorld()
  const { id } = await createdTodo(world)
  const input = { id, version: 1 }
  const operations = losingCommits(world, { end: 'committed' })
  const answer = await operations.deleteTodo(caller, { input, arrived: input })
  expect(answer.value()).toEqual({ id })
})

test('a create without a key creates one todo, though its commit is ambiguous', async () => {
  await using world = await createWorld()
  const operations = losingCommits(world, { end: 'committed' })
  const answer = await operations.createTodoWithoutKey(caller, milk)
  expect(await world.count('todo')).toBe(1)
  const created = answer.value()
  expect(await world.operations.getTodo(caller, created)).toEqual(created)
})

test('a create without a key whose commit stays in progress is left to a person', async () => {
  await using world = await createWorld()
  const operations = losingCommits(world, { end: 'committed', thenFailsWith: '55P03' })
  await expect(operations.createTodoWithoutKey(caller, milk)).rejects.toMatchObject({
    refusal: { code: 'unavailable', retry: 'ask_person' },
  })
})

test('a create without a key returns its todo, though it was changed after the ambiguous commit', async () => {
  await using world = await createWorld()
  const operations = losingCommits(world, {
    end: 'committed',
    afterwards: () => world.pool.query("update todo set title = 'Buy rum', version = 2"),
  })
  const answer = await operations.createTodoWithoutKey(caller, milk)
  expect(answer.value()).toMatchObject({ ...milk, version: 1 })
  expect(await world.count('todo')).toBe(1)
})

async function createdTodo({ operations }: World) {
  const input = CreateTodoInput.parse({ idempotencyKey: 'k', ...milk })
  return (await operations.createTodo(caller, { input, arrived: input })).value()
}

type Lost = {
  readonly end: 'committed' | 'rolled back'
  /** Runs after the commit and before its caller learns that the connection broke. */
  readonly afterwards?: () => Promise<unknown>
  /** The SQLSTATE with which each later transaction ends. */
  readonly thenFailsWith?: string
}

/** Operations whose first transaction ends like this, and whose answer is lost with the connection. */
function losingCommits(
  { pool, batchPool }: World,
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
  return createOperations({
    ...plainSettings,
    prisma: losing,
    batchPool,
  })
}
