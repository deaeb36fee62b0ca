import { createPrisma, type PrismaClient } from '@idem/database/prisma'
import { createOperations } from '@idem/operations/create-operations'
import { expect, test } from 'vitest'
import { statusOf } from './refusal-table.ts'
import { createWorld, type World } from './test-world.ts'

const caller = { owner: 'local' }

test.for([
  ['committed', 2],
  ['rolled back', 1],
] as const)(
  'an update without a key whose ambiguous commit was %s is left to a person',
  async ([end, version]) => {
    await using world = await createWorld()
    const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
    const input = { id: data.id, version: 1, title: 'Buy tea' }
    const update = deafOperations(world, end).updateTodo(caller, { input, arrived: input })
    await expect(update).rejects.toMatchObject({
      refusal: { code: 'unavailable', retry: 'ask_person' },
    })
    expect((await world.query('getTodo', { id: data.id })).data).toMatchObject({ version })
  },
)

test('a delete without a key is run again after an ambiguous commit, and succeeds', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const input = { id: data.id, version: 1 }
  const answer = await deafOperations(world, 'committed').deleteTodo(caller, {
    input,
    arrived: input,
  })
  expect(answer.value()).toEqual({ id: data.id })
})

/** Operations whose first commit ends like this, and is answered by the end of the connection. */
function deafOperations({ pool }: World, end: 'committed' | 'rolled back') {
  const prisma = createPrisma(pool)
  const transaction = prisma.$transaction.bind(prisma)
  const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  let isFirst = true
  const deaf: PrismaClient = Object.create(prisma, {
    $transaction: {
      value: async (...[work, options]: Parameters<typeof transaction>) => {
        if (!isFirst) return transaction(work, options)
        isFirst = false
        await transaction(async (tx) => {
          await work(tx)
          if (end === 'rolled back') throw reset()
        }, options)
        throw reset()
      },
    },
  })
  return createOperations({
    prisma: deaf,
    groupQuery: async () => [],
    now: () => new Date(),
    policy: { retentionHours: 24 },
    tombstoneRetentionDays: 365,
    ledgerEpoch: '5f0c8d3e-0000-4000-8000-000000000000',
    statusOf,
  })
}
