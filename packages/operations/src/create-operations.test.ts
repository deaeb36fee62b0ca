import type { PrismaClient } from '@idem/database/prisma'
import { expect, test } from 'vitest'
import { createOperations } from './create-operations.ts'
import { caller, fakeBatchPool, plainSettings } from './test-world.ts'

const id = '019ab000-0000-7000-8000-000000000001'
const stored = {
  ownerId: caller.owner,
  id,
  title: 'Buy milk',
  completed: false,
  version: 1,
  createdKey: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  deletedAt: null,
}

test('a statement that times out is tried again, even if its ROLLBACK is never answered', async () => {
  const operations = operationsOn(async () => {
    throw new Error('Query read timeout')
  })
  const input = { id, version: 1, title: 'Buy tea' }
  const answer = await operations.updateTodo(caller, { input, arrived: input })
  expect(JSON.parse(answer.text)).toMatchObject({ id, title: 'Buy tea', version: 2 })
})

/** On a database whose first session hangs at its first statement, and whose second works. */
function operationsOn(firstStatement: () => Promise<never>) {
  let sessions = 0
  // The part of Prisma that an update without a key uses.
  const prisma = {
    async $transaction(work: (tx: unknown) => Promise<unknown>) {
      sessions += 1
      const isFirst = sessions === 1
      const todo = {
        findFirst: isFirst ? firstStatement : async () => stored,
        updateMany: async () => ({ count: 1 }),
      }
      try {
        return await work({ todo })
      } catch {
        return new Promise(() => undefined)
      }
    },
  } as unknown as PrismaClient
  return createOperations({ ...plainSettings, prisma, batchPool: fakeBatchPool(async () => []) })
}
