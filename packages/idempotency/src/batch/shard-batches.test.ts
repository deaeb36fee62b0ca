import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import type { StoredError } from '../stored-error.ts'
import { createWorld, executed, make, messagesOf, textsOf } from '../test-world.ts'
import type { Shards } from './batch-settings.ts'

/** Owners whose names begin alike are on one shard. */
function shardsByInitial() {
  const batches: string[] = []
  const shards: Shards = {
    shardOf: (owner) => owner.charAt(0),
    inTurn(shard, work) {
      batches.push(shard)
      return work()
    },
  }
  return { batches, shards }
}

test('attempts of one shard are one batch, also of several owners', async () => {
  await using world = await createWorld()
  const { batches, shards } = shardsByInitial()
  const { batched } = world.newServer({ shards })
  const owners = ['ann', 'ada', 'ben', 'bob']
  const send = (owner: string) => batched({ key: v7(), owner }, { name: owner })
  const outcomes = await Promise.all(owners.map(send))
  expect(batches.toSorted()).toEqual(['a', 'b'])
  expect(executed(outcomes)).toBe(4)
  expect(await world.effects()).toBe(4)
})

test('an effect is made only for keys that were free', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const servers = [world.newServer({ shards }), world.newServer({ shards })]
  const keys = Array.from({ length: 40 }, () => v7())
  const outcomes = await Promise.all(
    servers.flatMap(({ batched }) => [...keys, ...keys].map((key) => batched({ key }))),
  )
  expect(executed(outcomes)).toBe(40)
  expect(textsOf(outcomes).size).toBe(40)
  expect(await world.effects()).toBe(40)
  await expect(servers[0]?.batched({ key: `${keys[0]}`, input: {} })).rejects.toMatchObject({
    code: 'key_reused',
  })
})

test('in a batch of taken and free keys only the free ones get an effect', async () => {
  await using world = await createWorld()
  const { shards, batches } = shardsByInitial()
  const server = world.newServer({ shards })
  const [taken, free] = [v7(), v7()]
  await server.batched({ key: taken })
  const outcomes = await Promise.all([taken, free].map((key) => server.batched({ key })))
  expect(outcomes.map(({ replayed }) => replayed)).toEqual([true, false])
  expect(batches).toHaveLength(2)
  expect([await world.effects(taken), await world.effects(free)]).toEqual([1, 1])
})

test('an old key whose record is being removed is replayed, and does not wait', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const server = world.newServer({ shards })
  const key = v7({ msecs: Date.now() - 3 * 3_600_000 })
  const made = await server.batched({ key })
  const cleaning = await world.admin.connect()
  await cleaning.query('begin; delete from idempotency_record')
  expect(await server.batched({ key })).toEqual({ ...made, replayed: true })
  expect(server.failed).toEqual([])
  await cleaning.query('rollback')
  cleaning.release()
})

test('a key outside its window is refused, and the others of its batch are executed', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const { batched } = world.newServer({ shards })
  // Every key is older than the records that were removed.
  await world.admin.query('update installation set forgotten_before = now() - interval $$6 min$$')
  const young = v7()
  const old = v7({ msecs: Date.now() - 10 * 60_000 })
  const [made, refused] = await Promise.allSettled([batched({ key: young }), batched({ key: old })])
  expect(made).toMatchObject({ status: 'fulfilled', value: { replayed: false } })
  expect(refused).toMatchObject({ reason: { code: 'key_expired' } })
  expect(await world.effects()).toBe(1)
  const { rowCount } = await world.admin.query('select 1 from idempotency_record')
  expect(rowCount).toBe(1)
})

test('an effect that exists is decided by what exists', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const { batched } = world.newServer({ shards })
  await world.admin.query('create unique index on effect (name)')
  await world.admin.query('insert into effect values ($1)', ['milk'])
  const outcomes = await Promise.all([
    batched({ key: v7() }, { name: 'milk' }),
    batched({ key: v7() }, { name: 'tea' }),
  ])
  expect(outcomes.map(({ text }) => text)).toEqual(['{"made":"milk"}', '{"made":"tea"}'])
  expect(await world.effects()).toBe(2)
})

test('an attempt that fails on its own is refused first for a key outside its window', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const { batched } = world.newServer({ shards })
  await world.admin.query('create unique index on effect (name)')
  await world.admin.query('insert into effect values ($1)', ['broken'])
  await world.admin.query('update installation set forgotten_before = now() - interval $$6 min$$')
  const key = v7({ msecs: Date.now() - 10 * 60_000 })
  await expect(batched({ key }, { name: 'broken' })).rejects.toMatchObject({ code: 'key_expired' })
})

test('a create is answered by the batch that finds its key taken, in two messages', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const [first, second] = [world.newServer({ shards }), world.newServer({ shards })]
  const key = v7()
  const made = await first.batched({ key })
  const { batchPool, partsPool } = second
  const [messages, others] = [messagesOf(batchPool), messagesOf(partsPool)]
  expect(await second.batched({ key })).toEqual({ ...made, replayed: true })
  expect([messages.take(), others.take()]).toEqual([2, 0])
})

test('a change is replayed by one message, and a refusal with its status', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const restored: unknown[] = []
  const restoreError = (_: unknown, as: StoredError) => {
    restored.push(as)
    return new Error('Restored.')
  }
  const [first, second] = [world.newServer({ shards }), world.newServer({ shards, restoreError })]
  const [key, missing] = [v7(), v7()]
  await world.addCounter('n')
  const one = { name: 'n', add: 1 }
  const made = await first.count({ key }, one)
  await expect(first.count({ key: missing }, { name: 'missing', add: 1 })).rejects.toThrow()
  const messages = messagesOf(second.batchPool)
  expect(await second.count({ key }, one)).toEqual({ ...made, replayed: true })
  expect(messages.take()).toBe(1)
  await world.addCounter('missing')
  const again = second.count({ key: missing }, { name: 'missing', add: 1 })
  await expect(again).rejects.toThrow('Restored.')
  expect(restored).toEqual([{ text: '{"code":"missing"}', status: 409, replayed: true }])
  expect([await world.counter('n'), await world.counter('missing')]).toEqual([1, 0])
})

test.for(['batched', 'count'] as const)('%s: a cancelled key has no effect', async (method) => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const server = world.newServer({ shards })
  await world.addCounter('n')
  const key = v7()
  await server.idempotency.cancel({ owner: 'ann', key })
  const attempt = server[method]({ key }, { name: 'n', add: 1 })
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled' })
  expect([await world.effects(), await world.counter('n')]).toEqual([0, 0])
})

test('a row that changes after it was read is not overwritten: the attempt runs alone', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const server = world.newServer({ shards })
  await world.addCounter('n')
  await world.addCounter('other')
  const distributed = Object(server.lanes.shards)
  const { transact } = distributed
  let transactions = 0
  distributed.transact = async (...sent: unknown[]) => {
    const result = await transact(...sent)
    transactions += 1
    if (transactions === 1)
      await world.admin.query("update counter set value = 70 where name = 'n'")
    return result
  }
  const [late, other] = await Promise.all([
    server.count({ key: v7() }, { name: 'n', add: 1 }),
    server.count({ key: v7() }, { name: 'other', add: 1 }),
  ])
  expect([late.value, other.value]).toEqual([{ value: 71 }, { value: 1 }])
  expect(await world.counter('n')).toBe(71)
})

test('changes of one row are made one after the other, whatever was read', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const servers = [world.newServer({ shards }), world.newServer({ shards })]
  await world.addCounter('n')
  await Promise.all(
    Array.from({ length: 5 }, () =>
      servers.map(({ count }) => count({ key: v7() }, { name: 'n', add: 1 })),
    ).flat(),
  )
  expect(await world.counter('n')).toBe(10)
})

test('an attempt whose node has no room for a batch runs alone', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer({
    shards: { shardOf: () => 'a', inTurn: () => Promise.reject(new Error('No room.')) },
  })
  expect(
    executed(await Promise.all([batched({ key: v7() }), batched({ key: v7() }, { name: 'b' })])),
  ).toBe(2)
})

test('an attempt runs alone at once while two batches of its shard do not end and its node has no room for a third', async () => {
  await using world = await createWorld()
  let turns = 0
  const shards: Shards = {
    shardOf: () => 'a',
    async inTurn(_, work) {
      turns += 1
      if (turns > 2) throw new Error('No room.')
      await work()
      await new Promise(() => {})
    },
  }
  const { batched } = world.newServer({ shards })
  const outcomes = [
    await batched({ key: v7() }, { name: 'a' }),
    await batched({ key: v7() }, { name: 'b' }),
    await batched({ key: v7() }, { name: 'c' }),
  ]
  expect(executed(outcomes)).toBe(3)
  expect(turns).toBe(3)
})

test('an attempt whose batch lost its answer takes its turn, and stays unknown without one', async () => {
  await using world = await createWorld()
  const { shards } = shardsByInitial()
  const transact = () => Promise.reject(new Error('Not called.'))
  const batched = createIdempotency({ adapter: pgAdapter(world.openPool()) }).batched({
    operation: 'make',
    prepare: () => ({ row: {}, answer: null }),
    ...{ columns: {}, insert: '', taken: 'false' },
    pool: {
      query: async () => [],
      createBatch: () => async () => 'ambiguous',
      shards: { ...shards, transact },
    },
  })
  const inTurn = () => Promise.reject(new IdempotencyError('unavailable', { began: false }))
  const intent = { owner: 'ann', key: v7() }
  await expect(batched(intent, {}, make('milk'), { inTurn })).rejects.toMatchObject({
    code: 'unavailable',
    retry: 'same_key',
    ambiguous: true,
    began: true,
  })
  expect(await world.effects()).toBe(0)
})
