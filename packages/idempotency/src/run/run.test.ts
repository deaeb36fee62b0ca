import type pg from 'pg'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import type { Query } from '../adapter.ts'
import { createIdempotency } from '../create-idempotency.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import { untilSomeoneWaits } from '../test-waiting.ts'
import { createWorld, Declined, executed, make, textsOf } from '../test-world.ts'

const refusedWith = (code: string) => expect.objectContaining({ name: 'IdempotencyError', code })

test('a second attempt with the same key and input has no effect and gets the same answer', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const first = await run({ key: 'k' })
  const second = await run({ key: 'k' })
  expect(first).toEqual({ value: { made: 'k' }, text: '{"made":"k"}', replayed: false })
  expect(second).toEqual({ ...first, replayed: true })
  expect(await world.effects()).toBe(1)
})

test('the order of the members is not another input', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  await run({ key: 'k', input: { a: 1, b: 2 } })
  expect((await run({ key: 'k', input: { b: 2, a: 1 } })).replayed).toBe(true)
})

test('the same key with another input, or for another operation, is refused and changes nothing', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  await run({ key: 'k' })
  await expect(run({ key: 'k', input: { title: 'Buy tea' } })).rejects.toEqual(
    refusedWith('key_reused'),
  )
  await expect(run({ key: 'k', operation: 'unmake' })).rejects.toEqual(refusedWith('key_reused'))
  expect(await world.effects()).toBe(1)
  expect((await run({ key: 'k' })).replayed).toBe(true)
})

test('two owners may use the same key independently', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const ann = await run({ key: 'k', owner: 'ann' }, make("ann's"))
  const ben = await run({ key: 'k', owner: 'ben' }, make("ben's"))
  expect([ann.text, ben.text]).toEqual([`{"made":"ann's"}`, `{"made":"ben's"}`])
})

test('an effect that fails is rolled back and leaves the key free', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const failing = run({ key: 'k' }, async (tx) => {
    await make('half')(tx)
    throw new Error('a bug')
  })
  await expect(failing).rejects.toThrow('a bug')
  expect(await world.effects()).toBe(0)
  expect((await run({ key: 'k' })).replayed).toBe(false)
})

test('an error that is an answer is stored and replayed, and earlier writes of the effect are rolled back', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const declining = async (tx: pg.PoolClient) => {
    await make('half')(tx)
    throw new Declined('not_found')
  }
  const declined = { stored: { code: 'not_found' } }
  await expect(run({ key: 'k' }, declining)).rejects.toMatchObject(declined)
  await expect(run({ key: 'k' })).rejects.toMatchObject(declined)
  expect(await world.effects()).toBe(0)
})

test.for([
  ['fails', new Error('a bug')],
  ['declines', new Declined('not_found')],
] as const)(
  'an effect that %s while another branch of it still writes leaves nothing',
  async ([, error]) => {
    await using world = await createWorld()
    const { run } = world.newServer()
    const over = Promise.withResolvers<void>()
    let branch: Promise<unknown> | undefined
    const sent = run({ key: 'k' }, (tx) => {
      const write = async () => {
        await make('A')(tx)
        await make('B')(tx)
        await over.promise
        await make('C')(tx)
      }
      branch = write()
      return Promise.all([Promise.reject(error), branch])
    })
    await expect(sent).rejects.toThrow()
    over.resolve()
    await expect(branch).rejects.toThrow('its effect has ended')
    expect(await world.effects()).toBe(0)
  },
)

test('work that a committed effect left behind writes nothing through its client', async () => {
  await using world = await createWorld()
  const { run, pool } = world.newServer()
  const over = Promise.withResolvers<void>()
  let leftBehind: Promise<unknown> | undefined
  await run({ key: 'k' }, async (tx) => {
    leftBehind = over.promise.then(() => make('late')(tx))
    return make('k')(tx)
  })
  over.resolve()
  await expect(leftBehind).rejects.toThrow('its effect has ended')
  expect(await world.effects()).toBe(1)
  expect(pool.idleCount).toBe(1)
})

test('an error is stored and replayed as its text, with its status', async () => {
  await using world = await createWorld()
  const seen: unknown[] = []
  const idempotency = createIdempotency({
    adapter: pgAdapter(world.openPool()),
    storeError: (error) => ({ code: Object(error).message }),
    errorStatus: () => 404,
    restoreError: (stored, as) => {
      seen.push(as)
      return new Error('declined', { cause: stored })
    },
  })
  const intent = { owner: 'ann', key: 'k', operation: 'make' }
  for (let times = 0; times < 2; times += 1) {
    await expect(idempotency.run(intent, () => Promise.reject(new Error('gone')))).rejects.toThrow(
      'declined',
    )
  }
  const stored = { text: '{"code":"gone"}', status: 404 }
  expect(seen).toEqual([
    { ...stored, replayed: false },
    { ...stored, replayed: true },
  ])
})

test('an answer that does not parse had no effect', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const parse = () => {
    throw new Error('The answer does not fit.')
  }
  const intent = { owner: 'ann', operation: 'make', key: 'k' }
  await expect(idempotency.run(intent, make('k'), { parse })).rejects.toThrow('does not fit')
  expect(await world.effects()).toBe(0)
})

test('a cancelled key never has an effect', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  await world.admin.query(
    `insert into idempotency_record (owner_id, key, cancelled, created_at) values ('ann', 'k', true, now())`,
  )
  await expect(run({ key: 'k' })).rejects.toEqual(refusedWith('cancelled'))
  expect(await world.effects()).toBe(0)
})

test('200 attempts at once with one key, from eight servers: one effect, equal answers', async () => {
  await using world = await createWorld()
  const servers = Array.from({ length: 8 }, () => world.newServer())
  const outcomes = await Promise.all(
    Array.from({ length: 25 }, () => servers.map(({ run }) => run({ key: 'k' }))).flat(),
  )
  expect(textsOf(outcomes).size).toBe(1)
  expect(executed(outcomes)).toBe(1)
  expect(await world.effects()).toBe(1)
})

test('twenty keys twenty times each, from four servers, alone and in batches: twenty effects', async () => {
  await using world = await createWorld()
  const servers = Array.from({ length: 4 }, () => world.newServer())
  const keys = Array.from({ length: 20 }, (_, at) => `k${at}`)
  const outcomes = await Promise.all(
    servers.flatMap(({ run, batched }, at) =>
      Array.from({ length: 5 }, (_, round) =>
        keys.map((key) => ((at + round) % 2 === 0 ? run({ key }) : batched({ key }))),
      ).flat(),
    ),
  )
  expect(outcomes).toHaveLength(400)
  expect(executed(outcomes)).toBe(20)
  expect(textsOf(outcomes).size).toBe(20)
  expect(await world.effects()).toBe(20)
})

test('when the owner of a claim is killed in mid-transaction, the waiting duplicate executes', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<number>()
  const killed = first
    .run({ key: 'k' }, async (tx) => {
      await make('k')(tx)
      claimed.resolve((await tx.query('select pg_backend_pid() as pid')).rows[0].pid)
      await tx.query('select pg_sleep(10)')
    })
    .catch((error: unknown) => error)
  const pid = await claimed.promise
  const waiter = second.run({ key: 'k' }, make('second'))
  await untilSomeoneWaits(world)
  // The first one tries again, too, and finds the record of the second; only one may have had an effect.
  await world.admin.query('select pg_terminate_backend($1)', [pid])
  expect(await waiter).toEqual({
    value: { made: 'second' },
    text: '{"made":"second"}',
    replayed: false,
  })
  await killed
  expect(await world.effects()).toBe(1)
})

test('a duplicate that waits over 1.5 s for a claim is in flight, and nothing of it is stored', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const slow = first.run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('k')(tx)
  })
  await claimed.promise
  await expect(second.run({ key: 'k' })).rejects.toEqual(refusedWith('in_flight'))
  release.resolve()
  expect((await slow).replayed).toBe(false)
  expect((await second.run({ key: 'k' })).replayed).toBe(true)
})

test('a commit whose answer was lost is settled by the record: one effect, and never a failure', async () => {
  await using world = await createWorld()
  let cuts = 1
  const { run } = world.newServer({
    transact: (transact) => async (work) => {
      const result = await transact(work)
      if (cuts-- > 0) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      return result
    },
  })
  expect(await run({ key: 'k' })).toEqual({
    value: { made: 'k' },
    text: '{"made":"k"}',
    replayed: true,
  })
  expect(await world.effects()).toBe(1)
})

test('a commit that was cut before it arrived is repeated', async () => {
  await using world = await createWorld()
  let cuts = 1
  const { run } = world.newServer({
    transact: (transact) => async (work) =>
      transact(async (tx, query) => {
        const result = await work(tx, query)
        if (cuts-- > 0) throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
        return result
      }),
  })
  expect((await run({ key: 'k' })).replayed).toBe(false)
  expect(await world.effects()).toBe(1)
})

test('a database that stays away is reported as unavailable, not as a failure of the intent', async () => {
  await using world = await createWorld()
  const { run } = world.newServer({
    transact: () => () =>
      Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  })
  await expect(run({ key: 'k' })).rejects.toEqual(refusedWith('unavailable'))
})

test('a time-ordered key is claimed inside its window only, by the clock of the database', async () => {
  await using world = await createWorld()
  const { run, batched } = world.newServer()
  const minted = (minutes: number) => v7({ msecs: Date.now() + minutes * 60_000 })
  for (const send of [run, batched]) {
    expect((await send({ key: minted(-22 * 60) })).replayed).toBe(false)
    expect((await send({ key: minted(4) })).replayed).toBe(false)
    await expect(send({ key: minted(-23 * 60 - 1) })).rejects.toEqual(refusedWith('key_expired'))
    await expect(send({ key: minted(6) })).rejects.toEqual(refusedWith('key_from_future'))
  }
  expect(await world.effects()).toBe(4)
})

test('a key that left its window a moment ago is in flight, for it may be at its commit', async () => {
  await using world = await createWorld()
  const { run, idempotency } = world.newServer()
  const { batched } = world.newServer()
  const key = v7({ msecs: Date.now() - 23 * 3_600_000 - 1_000 })
  const name = { owner: 'ann', key }
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  // Its window is longer, so it claims the key as an attempt a second ago could have.
  const first = world.newServer({ retentionHours: 48 }).run({ key }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('first')(tx)
  })
  await claimed.promise
  try {
    for (const send of [run, batched, () => idempotency.cancel(name)]) {
      await expect(send({ key })).rejects.toEqual(refusedWith('in_flight'))
    }
    expect(await idempotency.outcomeOf(name)).toEqual({ state: 'unused' })
  } finally {
    release.resolve()
  }
  const answer = await first
  for (const send of [run, batched])
    expect(await send({ key })).toEqual({ ...answer, replayed: true })
  expect(await idempotency.cancel(name)).toMatchObject({ state: 'answered' })
  expect(await world.effects()).toBe(1)
})

test('a key that was forgotten has expired, also in the minute after its window', async () => {
  await using world = await createWorld()
  const { run, idempotency } = world.newServer()
  const { batched } = world.newServer()
  const minted = Date.now() - 23 * 3_600_000 - 1_000
  const name = { owner: 'ann', key: v7({ msecs: minted }) }
  const forget = (ms: number) =>
    world.admin.query('update idem.installation set forgotten_before = to_timestamp($1 / 1000.0)', [
      ms,
    ])
  await forget(minted - 5 * 60_000 - 1)
  for (const send of [run, batched]) {
    await expect(send(name)).rejects.toEqual(refusedWith('in_flight'))
  }
  await forget(minted - 5 * 60_000)
  for (const send of [run, batched]) {
    await expect(send(name)).rejects.toMatchObject({ code: 'key_expired' })
  }
  expect(await idempotency.outcomeOf(name)).toEqual({ state: 'forgotten' })
  expect(await idempotency.cancel(name)).toEqual({ state: 'forgotten' })
  expect(await world.effects()).toBe(0)
})

test('a clock refusal contains the time', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const refused = await run({ key: v7({ msecs: 0 }) }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(IdempotencyError)
  const { serverTime } = refused as IdempotencyError
  expect(Math.abs(Date.now() - Number(serverTime))).toBeLessThan(5_000)
})

test('outside its window a time-ordered key that is still kept is replayed', async () => {
  await using world = await createWorld()
  const [generous, strict] = [world.newServer({ retentionHours: 48 }), world.newServer()]
  const key = v7({ msecs: Date.now() - 30 * 3_600_000 })
  const first = await generous.run({ key })
  expect(await strict.run({ key })).toEqual({ ...first, replayed: true })
  expect(await strict.batched({ key })).toEqual({ ...first, replayed: true })
})

test('a time-ordered key as old as a removed record is never executed again, even if keys are now kept longer', async () => {
  await using world = await createWorld()
  const { run } = world.newServer({ retentionHours: 1_000 })
  await world.admin.query(`update installation set forgotten_before = now() - interval '1 hour'`)
  const minted = (minutes: number) => v7({ msecs: Date.now() - minutes * 60_000 })
  await expect(run({ key: minted(56) })).rejects.toEqual(refusedWith('key_expired'))
  expect((await run({ key: minted(54) })).replayed).toBe(false)
})

test('an opaque key counts as new once it is forgotten', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  await run({ key: 'abc-123' })
  await world.admin.query('delete from idempotency_record')
  expect((await run({ key: 'abc-123' })).replayed).toBe(false)
  expect(await world.effects()).toBe(2)
})

test('an attempt that is cut at any statement before its commit leaves nothing and is executed once', async () => {
  await using world = await createWorld()
  for (const [name, at] of Object.entries({ limit: 1, claim: 2, savepoint: 3, outcome: 4 })) {
    let answered = 0
    const cutting =
      (query: Query): Query =>
      async (text, values) => {
        const rows = await query(text, values)
        answered += 1
        if (answered === at) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
        return rows
      }
    const { run } = world.newServer({
      transact: (transact) => (work) => transact((tx, query) => work(tx, cutting(query))),
    })
    expect((await run({ key: name })).replayed).toBe(false)
    expect(answered).toBe(at + 4)
    expect(await world.effects(name)).toBe(1)
  }
})

test('a duplicate that waited for a claim which was then committed gets its answer', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const owner = first.run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('first')(tx)
  })
  await claimed.promise
  const waiter = second.run({ key: 'k' }, make('second'))
  await untilSomeoneWaits(world)
  release.resolve()
  expect(await waiter).toEqual({ ...(await owner), replayed: true })
  expect(await world.effects()).toBe(1)
})
