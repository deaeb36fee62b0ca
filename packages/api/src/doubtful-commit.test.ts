import { createPrisma, type PrismaClient } from '@idem/database/prisma'
import { expect, test } from 'vitest'
import { createOperations } from './operations.ts'
import { createWorld, type World } from './test-world.ts'

const caller = { owner: 'local' }

test('an update without a key whose commit is in doubt is not run again, to be called a conflict with itself', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const input = { id: data.id, version: 1, title: 'Buy tea' }
  const update = deafOperations(world).updateTodo(caller, { input, arrived: input })
  await expect(update).rejects.toMatchObject({
    refusal: { code: 'unavailable', retry: 'ask_person' },
  })
  expect((await world.query('getTodo', { id: data.id })).data).toMatchObject({ version: 2 })
})

test('a delete without a key whose commit is in doubt is run again, and succeeds', async () => {
  await using world = await createWorld()
  const { data } = await world.mutate('createTodo', { idempotencyKey: 'k', title: 'Buy milk' })
  const input = { id: data.id, version: 1 }
  const answer = await deafOperations(world).deleteTodo(caller, { input, arrived: input })
  expect(answer.value()).toEqual({ id: data.id })
})

/** Operations that do not hear the first commit's answer. */
function deafOperations({ pool }: World) {
  const prisma = createPrisma(pool)
  const transaction = prisma.$transaction.bind(prisma)
  let unheard = 1
  const deaf: PrismaClient = Object.create(prisma, {
    $transaction: {
      value: async (...parameters: Parameters<typeof transaction>) => {
        const result = await transaction(...parameters)
        if (unheard-- > 0) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
        return result
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
  })
}
