import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { OnceError } from './once-error.ts'
import { untilSomeoneWaits } from './test-waiting.ts'
import { createWorld, Declined, executed, make, textsOf } from './test-world.ts'

const refusedWith = (code: string) => expect.objectContaining({ name: 'OnceError', code })

test('a second attempt with the same key and input has no effect and gets the same answer', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  const first = await once({ key: 'k' })
  const second = await once({ key: 'k' })
  expect(first).toEqual({ kind: 'answer', text: '{"made":"k"}', replayed: false })
  expect(second).toEqual({ ...first, replayed: true })
  expect(await world.effects()).toBe(1)
})

test('the order of the members is not another input', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  await once({ key: 'k', input: { a: 1, b: 2 } })
  expect((await once({ key: 'k', input: { b: 2, a: 1 } })).replayed).toBe(true)
})

test('the same key with another input, or for another operation, is refused and changes nothing', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  await once({ key: 'k' })
  await expect(once({ key: 'k', input: { title: 'Buy tea' } })).rejects.toEqual(
    refusedWith('key_reused'),
  )
  await expect(once({ key: 'k', operation: 'unmake' })).rejects.toEqual(refusedWith('key_reused'))
  expect(await world.effects()).toBe(1)
  expect((await once({ key: 'k' })).replayed).toBe(true)
})

test('two owners may use the same key and never meet', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  const ann = await once({ key: 'k', owner: 'ann' }, make("ann's"))
  const ben = await once({ key: 'k', owner: 'ben' }, make("ben's"))
  expect([ann.text, ben.text]).toEqual([`{"made":"ann's"}`, `{"made":"ben's"}`])
})

test('an effect that fails is rolled back and leaves the key free', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  const failing = once({ key: 'k' }, async (tx) => {
    await make('half')(tx)
    throw new Error('a bug')
  })
  await expect(failing).rejects.toThrow('a bug')
  expect(await world.effects()).toBe(0)
  expect((await once({ key: 'k' })).replayed).toBe(false)
})

test('a refusal is stored and told again, and what the effect did before it declined is gone', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  const first = await once({ key: 'k' }, async (tx) => {
    await make('half')(tx)
    throw new Declined('not_found')
  })
  expect(first).toEqual({ kind: 'refusal', text: '{"code":"not_found"}', replayed: false })
  expect(await once({ key: 'k' })).toEqual({ ...first, replayed: true })
  expect(await world.effects()).toBe(0)
})

test('an answer that does not parse had no effect', async () => {
  await using world = await createWorld()
  const { onceWith } = world.newServer()
  const answer = {
    parse: () => {
      throw new Error('The answer does not fit.')
    },
  }
  const attempt = { owner: 'ann', operation: 'make', key: 'k', input: {} }
  await expect(onceWith({ attempt, effect: make('k'), answer })).rejects.toThrow('does not fit')
  expect(await world.effects()).toBe(0)
})

test('a cancelled key never has an effect', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  await world.admin.query(
    `insert into idempotency_record (owner_id, key, cancelled, created_at) values ('ann', 'k', true, now())`,
  )
  await expect(once({ key: 'k' })).rejects.toEqual(refusedWith('cancelled'))
  expect(await world.effects()).toBe(0)
})

test('200 attempts at once with one key, from eight servers: one effect, equal answers', async () => {
  await using world = await createWorld()
  const servers = Array.from({ length: 8 }, () => world.newServer())
  const outcomes = await Promise.all(
    Array.from({ length: 25 }, () => servers.map(({ once }) => once({ key: 'k' }))).flat(),
  )
  expect(textsOf(outcomes).size).toBe(1)
  expect(executed(outcomes)).toBe(1)
  expect(await world.effects()).toBe(1)
})

test('twenty keys twenty times each, from four servers, alone and in groups: twenty effects', async () => {
  await using world = await createWorld()
  const servers = Array.from({ length: 4 }, () => world.newServer())
  const keys = Array.from({ length: 20 }, (_, at) => `k${at}`)
  const outcomes = await Promise.all(
    servers.flatMap(({ once, batched }, at) =>
      Array.from({ length: 5 }, (_, round) =>
        keys.map((key) => ((at + round) % 2 === 0 ? once({ key }) : batched({ key }))),
      ).flat(),
    ),
  )
  expect(outcomes).toHaveLength(400)
  expect(executed(outcomes)).toBe(20)
  expect(textsOf(outcomes).size).toBe(20)
  expect(await world.effects()).toBe(20)
})

test('when the owner of a claim is killed in mid-transaction, the one who waits makes it', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<number>()
  const killed = first
    .once({ key: 'k' }, async (tx) => {
      await make('k')(tx)
      claimed.resolve((await tx.query('select pg_backend_pid() as pid')).rows[0].pid)
      await tx.query('select pg_sleep(10)')
    })
    .catch((error: unknown) => error)
  const pid = await claimed.promise
  const waiter = second.once({ key: 'k' }, make('second'))
  await untilSomeoneWaits(world)
  // The first try again, too, and finds what the second made; only one of them may have had an effect.
  await world.admin.query('select pg_terminate_backend($1)', [pid])
  expect(await waiter).toEqual({ kind: 'answer', text: '{"made":"second"}', replayed: false })
  await killed
  expect(await world.effects()).toBe(1)
})

test('who waits over the lock time-out for a claim is told it is in flight, and nothing of it is stored', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer()]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const slow = first.once({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('k')(tx)
  })
  await claimed.promise
  await expect(second.once({ key: 'k' })).rejects.toEqual(refusedWith('in_flight'))
  release.resolve()
  expect((await slow).replayed).toBe(false)
  expect((await second.once({ key: 'k' })).replayed).toBe(true)
})

test('a commit whose answer was lost is settled by the record: one effect, and never a failure', async () => {
  await using world = await createWorld()
  let cuts = 1
  const { once } = world.newServer({
    transact: (transact) => async (work) => {
      const result = await transact(work)
      if (cuts-- > 0) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      return result
    },
  })
  expect(await once({ key: 'k' })).toEqual({ kind: 'answer', text: '{"made":"k"}', replayed: true })
  expect(await world.effects()).toBe(1)
})

test('a commit that was cut before it arrived is made again', async () => {
  await using world = await createWorld()
  let cuts = 1
  const { once } = world.newServer({
    transact: (transact) => async (work) =>
      transact(async (tx, query) => {
        const result = await work(tx, query)
        if (cuts-- > 0) throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
        return result
      }),
  })
  expect((await once({ key: 'k' })).replayed).toBe(false)
  expect(await world.effects()).toBe(1)
})

test('a database that stays away is said to be unavailable, not a failure of the intent', async () => {
  await using world = await createWorld()
  const { once } = world.newServer({
    transact: () => () =>
      Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  })
  await expect(once({ key: 'k' })).rejects.toEqual(refusedWith('unavailable'))
})

test('a timed key is claimed inside its window only, by the clock of the database', async () => {
  await using world = await createWorld()
  const { once, batched } = world.newServer()
  const minted = (minutes: number) => v7({ msecs: Date.now() + minutes * 60_000 })
  for (const send of [once, batched]) {
    expect((await send({ key: minted(-22 * 60) })).replayed).toBe(false)
    expect((await send({ key: minted(4) })).replayed).toBe(false)
    await expect(send({ key: minted(-23 * 60 - 1) })).rejects.toEqual(refusedWith('key_expired'))
    await expect(send({ key: minted(6) })).rejects.toEqual(refusedWith('key_from_future'))
  }
  expect(await world.effects()).toBe(4)
})

test('a clock refusal says what time it is', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  const refused = await once({ key: v7({ msecs: 0 }) }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(OnceError)
  const { serverTime } = refused as OnceError
  expect(Math.abs(Date.now() - Number(serverTime))).toBeLessThan(5_000)
})

test('outside its window a timed key that is still kept is replayed', async () => {
  await using world = await createWorld()
  const [generous, strict] = [world.newServer({ retentionHours: 48 }), world.newServer()]
  const key = v7({ msecs: Date.now() - 30 * 3_600_000 })
  const first = await generous.once({ key })
  expect(await strict.once({ key })).toEqual({ ...first, replayed: true })
  expect(await strict.batched({ key })).toEqual({ ...first, replayed: true })
})

test('a timed key as old as what was forgotten is never executed again, even if keys are now kept longer', async () => {
  await using world = await createWorld()
  const { once } = world.newServer({ retentionHours: 1_000 })
  await world.admin.query(`update installation set forgotten_before = now() - interval '1 hour'`)
  const minted = (minutes: number) => v7({ msecs: Date.now() - minutes * 60_000 })
  await expect(once({ key: minted(56) })).rejects.toEqual(refusedWith('key_expired'))
  expect((await once({ key: minted(54) })).replayed).toBe(false)
})

test('an opaque key counts as new once it is forgotten', async () => {
  await using world = await createWorld()
  const { once } = world.newServer()
  await once({ key: 'abc-123' })
  await world.admin.query('delete from idempotency_record')
  expect((await once({ key: 'abc-123' })).replayed).toBe(false)
  expect(await world.effects()).toBe(2)
})
