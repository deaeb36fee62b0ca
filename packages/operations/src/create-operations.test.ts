import type { PrismaClient } from '@idem/database/prisma'
import { expect, test } from 'vitest'
import { createOperations } from './create-operations.ts'

const id = '019ab000-0000-7000-8000-000000000001'
const changed = {
  ownerId: 'ada',
  id,
  title: 'Buy tea',
  completed: false,
  version: 2,
  createdKey: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  deletedAt: null,
}

test('a statement that was not answered is tried again, though its ROLLBACK is never answered either', async () => {
  const operations = operationsOn(async () => {
    throw new Error('Query read timeout')
  })
  const answer = await operations.updateTodo(
    { owner: 'ada' },
    { input: { id, version: 1, title: 'Buy tea' }, arrived: {} },
  )
  expect(JSON.parse(answer.text)).toMatchObject({ id, title: 'Buy tea', version: 2 })
})

/** On a database whose first session falls silent at its first statement, and whose second is well. */
function operationsOn(firstStatement: () => Promise<never>) {
  let sessions = 0
  // As much of Prisma as a change without a key asks for.
  const prisma = {
    async $transaction(work: (tx: unknown) => Promise<unknown>) {
      sessions += 1
      const isFirst = sessions === 1
      const todo = { updateManyAndReturn: isFirst ? firstStatement : async () => [changed] }
      try {
        return await work({ todo })
      } catch {
        return new Promise(() => undefined)
      }
    },
  } as unknown as PrismaClient
  return createOperations({
    prisma,
    groupQuery: async () => [],
    now: () => new Date(0),
    policy: { retentionHours: 24 },
    tombstoneRetentionDays: 365,
    ledgerEpoch: id,
    statusOf: () => 409,
  })
}
