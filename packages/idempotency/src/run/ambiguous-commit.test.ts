import { expect, test, vi } from 'vitest'
import { createWorld, make, type Transaction, type World, type Wrap } from '../test-world.ts'

vi.setConfig({ testTimeout: 20_000 })

const failure = (code: string) => Object.assign(new Error(`answered with ${code}`), { code })

/** The first commit succeeds and is answered with this code. */
function afterCommit(code: string): Wrap {
  let times = 1
  return (transact) => async (work) => {
    const result = await transact(work)
    if (times-- > 0) throw failure(code)
    return result
  }
}

/** The first transaction is rolled back where its commit would come, with this code. */
function beforeCommit(code: string): Wrap {
  let times = 1
  return (transact) => (work) =>
    transact(async (tx, query) => {
      const result = await work(tx, query)
      if (times-- > 0) throw failure(code)
      return result
    })
}

const codes = ['XX000', '08006', '57P01', '57014', '40003', 'ECONNRESET', 'P1017'] as const

test.for(codes)('a commit answered with %s that took place is replayed', async (code) => {
  await using world = await createWorld()
  const { run } = world.newServer({ transact: afterCommit(code), rerun: true })
  expect(await run({ key: 'k' })).toEqual({
    value: { made: 'k' },
    text: '{"made":"k"}',
    replayed: true,
  })
  expect(await world.effects()).toBe(1)
})

test.for(codes)('a commit answered with %s that never took place is repeated', async (code) => {
  await using world = await createWorld()
  const { run } = world.newServer({ transact: beforeCommit(code), rerun: true })
  expect((await run({ key: 'k' })).replayed).toBe(false)
  expect(await world.effects()).toBe(1)
})

test.for(['23514', 'P0001', '22012'])(
  'an error %s of a deferred trigger at commit is the error of the effect, and the key stays free',
  async (code) => {
    await using world = await createWorld()
    await atCommit(world, `raise exception 'deferred' using errcode = '${code}'`)
    const { run } = world.newServer({ rerun: true })
    await expect(run({ key: 'k' })).rejects.toMatchObject({ code })
    await world.admin.query('drop trigger at_commit on effect')
    expect((await run({ key: 'k' })).replayed).toBe(false)
    expect(await world.effects()).toBe(1)
  },
)

test('a commit that is still in progress is waited for and replayed', async () => {
  await using world = await createWorld()
  await atCommit(world, 'perform pg_sleep(0.8)')
  const { run } = world.newServer({ transact: () => cutDuringCommit(world), rerun: true })
  expect(await run({ key: 'k' })).toMatchObject({ text: '{"made":"k"}', replayed: true })
  expect(await world.effects()).toBe(1)
})

test('a commit in progress for over 1.5 s is in flight, and replayed once it has ended', async () => {
  await using world = await createWorld()
  await atCommit(world, 'perform pg_sleep(2.5)')
  const { run } = world.newServer({ transact: () => cutDuringCommit(world), rerun: true })
  await expect(run({ key: 'k' })).rejects.toMatchObject({ code: 'in_flight' })
  await commitsEnded(world)
  expect((await run({ key: 'k' })).replayed).toBe(true)
  expect(await world.effects()).toBe(1)
})

test('a cancellation waits for a commit in progress and finds its answer', async () => {
  await using world = await createWorld()
  await atCommit(world, 'perform pg_sleep(0.8)')
  const { run, idempotency } = world.newServer({ transact: () => cutDuringCommit(world) })
  const answered = run({ key: 'k' })
  await commitInProgress(world)
  const outcome = await idempotency.cancel({ owner: 'ann', key: 'k' })
  expect(outcome).toMatchObject({ state: 'answered', text: '{"made":"k"}' })
  expect((await answered).replayed).toBe(true)
})

test('without permission to rerun, an effect is called once: a lost commit is replayed or refused', async () => {
  for (const [wrap, effects] of [
    [afterCommit('ECONNRESET'), 1],
    [beforeCommit('ECONNRESET'), 0],
    [beforeCommit('40001'), 0],
  ] as const) {
    await using world = await createWorld()
    const { run } = world.newServer({ transact: wrap, rerun: false })
    const effect = vi.fn(make('k'))
    const first = run({ key: 'k' }, effect)
    if (effects === 1) expect((await first).replayed).toBe(true)
    else await expect(first).rejects.toMatchObject({ code: 'unavailable' })
    expect(effect).toHaveBeenCalledTimes(1)
    expect(await world.effects()).toBe(effects)
    // The advice is the same key, which is as free as it would be without the first attempt.
    expect((await run({ key: 'k' }, effect)).replayed).toBe(effects === 1)
    expect(await world.effects()).toBe(1)
  }
})

test('without permission to rerun, a refused attempt names the failure that ended the first run', async () => {
  await using world = await createWorld()
  const { run } = world.newServer({ transact: beforeCommit('40001'), rerun: false })
  await expect(run({ key: 'k' })).rejects.toMatchObject({ cause: { code: '40001' } })
})

test('without permission to rerun, a failure before the effect was called is tried again', async () => {
  await using world = await createWorld()
  let times = 1
  const { run } = world.newServer({
    rerun: false,
    transact: (transact) => (work) =>
      times-- > 0 ? Promise.reject(failure('25006')) : transact(work),
  })
  expect((await run({ key: 'k' })).replayed).toBe(false)
})

test('an effect is not called again by default, and one call may allow it', async () => {
  await using world = await createWorld()
  const send = (key: string, rerun?: boolean) => {
    const { idempotency } = world.newServer({ transact: beforeCommit('EPIPE'), rerun: 'default' })
    return idempotency.run({ owner: 'ann', operation: 'make', key }, make(key), { rerun })
  }
  await expect(send('default')).rejects.toMatchObject({ code: 'unavailable' })
  expect((await send('allowed', true)).replayed).toBe(false)
})

test('an attempt that leaves its batch and runs alone is no rerun', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer({ rerun: false })
  await world.admin.query(`insert into effect values ('taken')`)
  expect((await batched({ key: 'k' }, { name: 'taken' })).replayed).toBe(false)
})

/** A commit does this before anything is committed. */
async function atCommit({ admin }: World, statement: string): Promise<void> {
  await admin.query(`
    create function at_commit() returns trigger language plpgsql as $$
    begin ${statement}; return null; end $$;
    create constraint trigger at_commit after insert on effect deferrable initially deferred
      for each row execute function at_commit()`)
}

/** The connection of the first transaction is cut while the database commits it; the others work. */
function cutDuringCommit(world: World): Transaction {
  let isFirst = true
  const { pool } = world.newServer()
  return async (work) => {
    const client = await pool.connect()
    client.on('error', () => undefined)
    await client.query('begin')
    const result = await work(client, async (text, values) => {
      return (await client.query(text, [...values])).rows
    }).catch(async (error: unknown) => {
      await client.query('rollback')
      client.release()
      throw error
    })
    const committed = client.query('commit')
    if (isFirst) {
      isFirst = false
      await commitInProgress(world)
      // The guarded pool ends the connection of a client that is still in a transaction.
      client.release(true)
      await committed.catch(() => undefined)
      throw failure('ECONNRESET')
    }
    await committed
    client.release()
    return result
  }
}

const committing = `select from pg_stat_activity where datname = current_database()
  and query = 'commit' and state = 'active'`

async function commitInProgress({ admin }: World): Promise<void> {
  await vi.waitUntil(async () => (await admin.query(committing)).rowCount === 1, { interval: 5 })
}

async function commitsEnded({ admin }: World): Promise<void> {
  const until = { interval: 20, timeout: 5_000 }
  await vi.waitUntil(async () => (await admin.query(committing)).rowCount === 0, until)
}
