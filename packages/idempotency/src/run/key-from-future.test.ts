import { movableClock } from '@idem/test-support/movable-clock'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import type { Intent } from '../intent.ts'
import { untilSomeoneWaits } from '../test-waiting.ts'
import { createWorld, make } from '../test-world.ts'

const minute = 60_000
const hour = 60 * minute

/** Servers on a database whose clock the test moves. */
async function clockWorld() {
  const world = await createWorld()
  const clock = await movableClock(world.url)
  return {
    ...world,
    clock,
    newServer: (settings?: Parameters<typeof world.newServer>[0]) => world.newServer(settings),
    async records() {
      const { rows } = await world.admin.query(
        'select operation, refusal, cancelled from idempotency_record',
      )
      return rows
    },
    async [Symbol.asyncDispose]() {
      await clock[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

const keyAhead = (ms: number) => v7({ msecs: Date.now() + ms })
const intentOf = (key: string): Intent => ({
  owner: 'ann',
  key,
  operation: 'make',
  input: { title: 'Buy milk' },
})
const fromFuture = { name: 'IdempotencyError', code: 'key_from_future', retry: 'new_key' }

test('an attempt that waits in a queue while its key is refused elsewhere has no effect when the window opens', async () => {
  await using world = await clockWorld()
  const [one, other] = [world.newServer(), world.newServer()]
  const key = keyAhead(10 * minute)
  const queue = Promise.withResolvers<void>()
  const queued = one.idempotency.run(intentOf(key), make('milk'), {
    inTurn: (attempt) => queue.promise.then(attempt),
  })
  await expect(other.run({ key })).rejects.toMatchObject(fromFuture)
  // The client follows the advice and mints another key by the clock of the server.
  await other.run({ key: keyAhead(0) }, make('milk'))
  await world.clock.setAhead(10 * minute)
  queue.resolve()
  await expect(queued).rejects.toMatchObject({ ...fromFuture, replayed: true })
  expect(await world.effects('milk')).toBe(1)
})

test('an attempt that waits for its batch while its key is refused elsewhere has no effect when the window opens', async () => {
  await using world = await clockWorld()
  const [one, other] = [world.newServer(), world.newServer()]
  const key = keyAhead(10 * minute)
  const queue = Promise.withResolvers<void>()
  const { query } = one.lanes
  Object.assign(one.lanes, {
    query: async (...sent: Parameters<typeof query>) => {
      await queue.promise
      return query(...sent)
    },
  })
  const queued = one.batched({ key })
  await expect(other.batched({ key })).rejects.toMatchObject(fromFuture)
  await world.clock.setAhead(10 * minute)
  queue.resolve()
  await expect(queued).rejects.toMatchObject({ ...fromFuture, replayed: true })
  expect(await world.effects()).toBe(0)
})

test('a refusal that raced with the claim of another server leaves one outcome', async () => {
  await using world = await clockWorld()
  const [one, other] = [world.newServer(), world.newServer()]
  const key = keyAhead(10 * minute)
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  await world.clock.setAhead(6 * minute)
  const first = one.run({ key }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('milk')(tx)
  })
  await claimed.promise
  await world.clock.setAhead(0)
  const second = other.run({ key })
  await untilSomeoneWaits(world)
  release.resolve()
  expect(await second).toEqual({ ...(await first), replayed: true })
  expect(await world.effects()).toBe(1)
})

for (const form of ['run', 'batched'] as const) {
  test(`a key from the future is refused once for all attempts, each with the time of its own response (${form})`, async () => {
    await using world = await clockWorld()
    const send = world.newServer()[form]
    const key = keyAhead(hour)
    for (const passed of [0, 30 * minute, 2 * hour, 20 * hour]) {
      await world.clock.setAhead(passed)
      const refused = await send({ key }).catch((error: unknown) => Object(error))
      expect(refused).toMatchObject({ ...fromFuture, status: 412, replayed: passed > 0 })
      expect(Math.abs(refused.serverTime - world.clock.now())).toBeLessThan(minute)
    }
    expect(await world.records()).toEqual([
      {
        operation: 'make',
        refusal: '{"code":"key_from_future","retry":"new_key"}',
        cancelled: false,
      },
    ])
    expect(await world.effects()).toBe(0)
  })

  test(`another intent under a refused key is refused as well, before and after its window opens (${form})`, async () => {
    await using world = await clockWorld()
    const send = world.newServer()[form]
    const key = keyAhead(hour)
    await expect(send({ key })).rejects.toMatchObject(fromFuture)
    for (const passed of [0, 2 * hour]) {
      await world.clock.setAhead(passed)
      for (const other of [{ operation: 'take' }, { input: { title: 'Buy tea' } }]) {
        const end = send({ key, ...other })
        // The operation of a batch is fixed.
        if (form === 'batched' && 'operation' in other) await end.catch(() => undefined)
        else await expect(end).rejects.toMatchObject({ code: 'key_reused' })
      }
    }
    expect(await world.effects()).toBe(0)
  })

  test(`a key more than a day ahead is refused and not stored (${form})`, async () => {
    await using world = await clockWorld()
    const send = world.newServer()[form]
    for (const key of [keyAhead(24 * hour + minute), 'ffffffff-ffff-7fff-bfff-ffffffffffff']) {
      await expect(send({ key })).rejects.toMatchObject({ ...fromFuture, replayed: false })
    }
    expect(await world.records()).toEqual([])
    await expect(send({ key: keyAhead(24 * hour - minute) })).rejects.toMatchObject(fromFuture)
    expect(await world.records()).toHaveLength(1)
  })

  test(`a refused key stays refused after its record was cleaned, and cleaning keeps it until its window has ended (${form})`, async () => {
    await using world = await clockWorld()
    const server = world.newServer()
    const send = server[form]
    const key = keyAhead(20 * hour)
    await expect(send({ key })).rejects.toMatchObject(fromFuture)
    for (const [passed, removed, code] of [
      [25 * hour, 0, 'key_from_future'],
      [43 * hour, 0, 'key_from_future'],
      [44 * hour + minute, 1, 'key_expired'],
    ] as const) {
      await world.clock.setAhead(passed)
      expect(await server.idempotency.clean()).toEqual({ removed })
      await expect(send({ key })).rejects.toMatchObject({ code })
    }
    // A server that keeps keys longer does not revive it.
    const generous = world.newServer({ retentionHours: 1_000 })
    await expect(generous[form]({ key })).rejects.toMatchObject({ code: 'key_expired' })
    expect(await world.effects()).toBe(0)
  })
}

test('the outcome of a refused key is its refusal, answered by now', async () => {
  await using world = await clockWorld()
  const { run, idempotency } = world.newServer()
  const key = keyAhead(hour)
  const name = { owner: 'ann', key }
  expect(await idempotency.outcomeOf(name)).toEqual({ state: 'unused' })
  await expect(run({ key })).rejects.toMatchObject(fromFuture)
  const outcome = {
    state: 'answered',
    operation: 'make',
    kind: 'refusal',
    text: '{"code":"key_from_future","retry":"new_key"}',
  }
  for (const ask of [idempotency.outcomeOf, idempotency.cancel]) {
    const found = await ask(name)
    expect(found).toMatchObject(outcome)
    expect(Number(Object(found).answeredAt)).toBeLessThan(Date.now() + minute)
  }
})

test('a key up to a day ahead is cancelled until its own window has ended', async () => {
  await using world = await clockWorld()
  const { run, batched, idempotency } = world.newServer()
  const key = keyAhead(20 * hour)
  expect(await idempotency.cancel({ owner: 'ann', key })).toEqual({ state: 'cancelled' })
  for (const [passed, code] of [
    [0, 'cancelled'],
    [25 * hour, 'cancelled'],
    [43 * hour, 'cancelled'],
    [44 * hour + minute, 'key_expired'],
  ] as const) {
    await world.clock.setAhead(passed)
    await idempotency.clean()
    for (const send of [run, batched]) await expect(send({ key })).rejects.toMatchObject({ code })
  }
  expect(await world.effects()).toBe(0)
})

test('a key more than a day ahead is not cancelled', async () => {
  await using world = await clockWorld()
  const { idempotency } = world.newServer()
  const cancelling = idempotency.cancel({ owner: 'ann', key: keyAhead(24 * hour + minute) })
  await expect(cancelling).rejects.toMatchObject({ ...fromFuture, serverTime: expect.any(Date) })
  expect(await world.records()).toEqual([])
})

test('a record from the future makes no other key forgotten', async () => {
  await using world = await clockWorld()
  const { run, idempotency } = world.newServer()
  await run({ key: keyAhead(0) })
  await expect(run({ key: keyAhead(20 * hour) })).rejects.toMatchObject(fromFuture)
  await world.clock.setAhead(25 * hour)
  expect(await idempotency.clean()).toEqual({ removed: 1 })
  expect((await run({ key: keyAhead(25 * hour) })).replayed).toBe(false)
  expect((await run({ key: keyAhead(3 * hour) })).replayed).toBe(false)
})

test('a refusal whose commit was lost is found by the next try', async () => {
  await using world = await clockWorld()
  let cuts = 1
  const { run } = world.newServer({
    transact: (transact) => async (work) => {
      const result = await transact(work)
      if (cuts-- > 0) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      return result
    },
  })
  await expect(run({ key: keyAhead(hour) })).rejects.toMatchObject({
    ...fromFuture,
    replayed: true,
  })
  expect(await world.records()).toHaveLength(1)
})

test('a key from the future is refused and cancelled although the row of the installation is missing', async () => {
  await using world = await clockWorld()
  const { run, idempotency } = world.newServer()
  await world.admin.query('delete from installation')
  await expect(run({ key: keyAhead(hour) })).rejects.toMatchObject(fromFuture)
  await world.admin.query('delete from installation')
  const cancelled = await idempotency.cancel({ owner: 'ann', key: keyAhead(hour) })
  expect(cancelled).toEqual({ state: 'cancelled' })
  expect(await world.records()).toHaveLength(2)
})

test('each attempt under a refused key is reported as refused', async () => {
  await using world = await clockWorld()
  const reports: unknown[] = []
  const { run } = world.newServer({ onAttempt: (report) => void reports.push(report) })
  const key = keyAhead(hour)
  for (const _ of [1, 2]) await run({ key }).catch(() => undefined)
  const report = { outcome: 'refused', error: fromFuture, replayAgeMs: undefined }
  expect(reports).toMatchObject([report, report])
})
