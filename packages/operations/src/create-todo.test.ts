import { RefusalError } from '@idem/contract/refusal'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createOperations } from './create-operations.ts'
import { caller, createWorld, plainSettings } from './test-world.ts'

test('an id older than tombstones are kept is refused, but a key that has an answer is replayed', async () => {
  await using world = await createWorld()
  const later = createOperations({ ...plainSettings, ...world, tombstoneRetentionDays: 0 })
  const id = v7({ msecs: Date.now() - 1_000 })
  const call = (key: string) => {
    const input = { idempotencyKey: key, title: 'Buy milk', id }
    return { input, arrived: input } as Parameters<typeof later.createTodo>[1]
  }
  const created = await world.operations.createTodo(caller, call('k1'))
  expect(await later.createTodo(caller, call('k1'))).toEqual({ ...created, replayed: true })
  await expect(later.createTodo(caller, call('k2'))).rejects.toEqual(
    new RefusalError('invalid_input', { paths: ['id'] }),
  )
  expect(await world.count('idempotency_record')).toBe(1)
})
