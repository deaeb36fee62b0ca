import { expect, test, vi } from 'vitest'
import type { BatchPool } from '../batch/batch-settings.ts'
import { createWorld, make, type Wrap } from '../test-world.ts'

const dropped = { name: 'IdempotencyError', code: 'unavailable', dropped: true, began: false }

test('an attempt whose caller leaves while it waits for a connection has no effect, and its key stays free', async () => {
  await using world = await createWorld()
  const caller = new AbortController()
  const { run } = world.newServer({ transact: leavesBefore(() => caller.abort()) })
  await expect(run({ key: 'k' }, make('k'), caller.signal)).rejects.toMatchObject(dropped)
  expect(await world.effects()).toBe(0)
  expect(await run({ key: 'k' })).toMatchObject({ replayed: false })
})

test('an attempt whose caller has gone takes no connection', async () => {
  await using world = await createWorld()
  const { run, pool } = world.newServer()
  await expect(run({ key: 'k' }, make('k'), AbortSignal.abort())).rejects.toMatchObject(dropped)
  expect(pool.totalCount).toBe(0)
})

test('an attempt that began is finished after its caller has left', async () => {
  await using world = await createWorld()
  const caller = new AbortController()
  const { run } = world.newServer()
  const effect: ReturnType<typeof make> = (tx) => {
    caller.abort()
    return make('k')(tx)
  }
  await run({ key: 'k' }, effect, caller.signal)
  expect(await world.effects()).toBe(1)
})

test('a duplicate that still waits is answered, although the first caller has left', async () => {
  await using world = await createWorld()
  const caller = new AbortController()
  const { run } = world.newServer({ transact: leavesBefore(() => caller.abort()) })
  const attempts = [run({ key: 'k' }, make('k'), caller.signal), run({ key: 'k' })]
  expect(await Promise.all(attempts)).toMatchObject([{ replayed: false }, { replayed: true }])
  expect(await world.effects()).toBe(1)
})

test('a duplicate that arrives while a dropped attempt ends is executed', async () => {
  await using world = await createWorld()
  const caller = new AbortController()
  let late: Promise<unknown> | undefined
  const { run } = world.newServer({
    transact: (transaction) => async (work) => {
      if (caller.signal.aborted) return transaction(work)
      caller.abort()
      return transaction(work).finally(() => {
        late = run({ key: 'k' })
      })
    },
  })
  await expect(run({ key: 'k' }, make('k'), caller.signal)).rejects.toMatchObject(dropped)
  expect(await late).toMatchObject({ replayed: false })
  expect(await world.effects()).toBe(1)
})

test('an ambiguous commit is settled, although its caller has left', async () => {
  await using world = await createWorld()
  const caller = new AbortController()
  let transactions = 0
  const { run } = world.newServer({
    transact: (transaction) => async (work) => {
      const result = await transaction(work)
      transactions += 1
      if (transactions > 1) return result
      caller.abort()
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    },
  })
  expect(await run({ key: 'k' }, make('k'), caller.signal)).toMatchObject({ replayed: true })
  expect(await world.effects()).toBe(1)
})

test('an attempt whose caller leaves while it waits for a batch is in no statement', async () => {
  await using world = await createWorld()
  const reported: string[] = []
  const { batched, lanes } = world.newServer({ onAttempt: ({ outcome }) => reported.push(outcome) })
  const sent = holdStatements(lanes)
  const caller = new AbortController()
  const first = batched({ key: 'k1' })
  await vi.waitUntil(() => sent.held === 1)
  // Both batches that may run at once are in progress.
  const second = batched({ key: 'k2' })
  await vi.waitUntil(() => sent.held === 2)
  const left = batched({ key: 'k3' }, { name: 'k3' }, caller.signal)
  const stays = batched({ key: 'k4' })
  const leaves = expect(left).rejects.toMatchObject(dropped)
  caller.abort()
  sent.release()
  expect(await Promise.all([first, second, stays])).toHaveLength(3)
  await leaves
  expect([await world.effects(), await world.effects('k3')]).toEqual([3, 0])
  expect(reported.sort()).toEqual(['dropped', 'executed', 'executed', 'executed'])
})

test('an attempt that was sent in a batch is executed, although its caller has left', async () => {
  await using world = await createWorld()
  const { batched, lanes } = world.newServer()
  const sent = holdStatements(lanes)
  const caller = new AbortController()
  const attempt = batched({ key: 'k' }, { name: 'k' }, caller.signal)
  await vi.waitUntil(() => sent.held === 1)
  caller.abort()
  sent.release()
  expect(await attempt).toMatchObject({ replayed: false })
  expect(await world.effects()).toBe(1)
})

test('a turn is taken for an attempt, and not for the duplicates that share it', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  let turns = 0
  const intent = { owner: 'ann', key: 'k', operation: 'make', input: {} }
  const inTurn = <R>(attempt: () => Promise<R>) => {
    turns += 1
    return attempt()
  }
  const send = () => idempotency.run(intent, make('k'), { inTurn })
  await Promise.all([send(), send(), send()])
  expect(turns).toBe(1)
})

/** Called when a connection was obtained, before the work begins. */
function leavesBefore(leave: () => void): Wrap {
  return (transaction) => (work) =>
    transaction((tx, query) => {
      leave()
      return work(tx, query)
    })
}

function holdStatements(lanes: BatchPool) {
  const released = Promise.withResolvers<void>()
  const { query } = lanes
  const sent = { held: 0, release: released.resolve }
  Object.assign(lanes, {
    query: async (...statement: Parameters<typeof query>) => {
      sent.held += 1
      await released.promise
      return query(...statement)
    },
  })
  return sent
}
