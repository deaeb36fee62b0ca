import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { createWorld, Declined, make, messagesOf, type World } from '../test-world.ts'
import { pgAdapter } from './pg-adapter.ts'

test('a transaction is READ COMMITTED, also in a session with another default', async () => {
  await using world = await createWorld()
  const options = '-c default_transaction_isolation=serializable'
  const { transaction } = pgAdapter(world.openPool({ options }))
  const isolation = await transaction((_, query) => query('show transaction_isolation', []))
  expect(isolation).toEqual([{ transaction_isolation: 'read committed' }])
})

test('work that rejects is rolled back, its own error is reported, and the client can be used again', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  const { transaction } = pgAdapter(pool)
  const sour = new Error('The milk is sour.')
  const work = transaction(async (tx) => {
    await make('k')(tx)
    throw sour
  })
  await expect(work).rejects.toBe(sour)
  expect(await world.effects()).toBe(0)
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
})

test('a swallowed error of a statement is not reported as a commit', async () => {
  await using world = await createWorld()
  const { transaction, codeOf } = pgAdapter(world.openPool())
  const swallowing = transaction(async (tx, query) => {
    await make('k')(tx)
    await query('select 1 / 0', []).catch(() => undefined)
  })
  expect(codeOf(await swallowing.catch((error: unknown) => error))).toBe('25P02')
  expect(await world.effects()).toBe(0)
})

test('a statement that is not answered in time rejects at once, without a wait for a rollback', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1, query_timeout: 200 })
  const { transaction, codeOf } = pgAdapter(pool)
  const sent: unknown[] = []
  const slow = transaction(async (tx, inTransaction) => {
    const send = tx.query.bind(tx) as (statement: unknown) => Promise<unknown>
    const query = (statement: unknown) => send(sent.push(Object(statement).text) && statement)
    Object.assign(tx, { query })
    return inTransaction('select pg_sleep(2)', [])
  })
  expect(codeOf(await slow.catch((error: unknown) => error))).toBe('ETIMEDOUT')
  expect(sent).not.toContain('rollback')
  expect(pool.totalCount).toBe(0)
})

test('a client from before the adapter that breaks in a transaction does not end the process', async () => {
  await using world = await createWorld()
  const pool = new pg.Pool({ connectionString: world.url, max: 1 })
  await pool.query('select 1')
  const { transaction, codeOf } = pgAdapter(pool)
  const broken = transaction(async (tx, query) => {
    const [session] = await query('select pg_backend_pid() as pid', [])
    const closed = new Promise((resolve) => tx.once('end', resolve))
    await world.admin.query('select pg_terminate_backend($1)', [session?.pid])
    await closed
    return query('select 1', [])
  })
  expect(codeOf(await broken.catch((error: unknown) => error))).toBe('connection_lost')
  await pool.end()
})

test.for(['plain', 'with stored errors'] as const)(
  'an attempt takes three round trips, and so do a replay and a stored error, %s',
  async (errors) => {
    await using world = await createWorld()
    const { messages, send, sendDeclined } = await messagingServer(world, errors)
    await send('k')
    expect(messages.take()).toBe(3)
    await send('k')
    expect(messages.take()).toBe(3)
    await sendDeclined('d')
    // The effect sends nothing. A stored error is rolled back to its savepoint, any other one as a whole.
    expect(messages.take()).toBe(errors === 'plain' ? 2 : 3)
    const { rows } = await world.admin.query('select answer, refusal from idempotency_record')
    expect(rows).toHaveLength(errors === 'plain' ? 1 : 2)
  },
)

test('an answer that cannot be stored rolls back its effect, and the key is free', async () => {
  await using world = await createWorld()
  await world.admin.query(
    'alter table idempotency_record add constraint no_answer check (answer is null)',
  )
  const pool = world.openPool({ max: 1 })
  const { run } = createIdempotency({ adapter: pgAdapter(pool) })
  const intent = { owner: 'ann', operation: 'make', key: 'k' }
  await expect(run(intent, make('k'))).rejects.toMatchObject({ code: '23514' })
  expect(await world.effects()).toBe(0)
  await world.admin.query('alter table idempotency_record drop constraint no_answer')
  expect((await run(intent, make('k'))).replayed).toBe(false)
})

test('an attempt whose caller leaves while it waits for a connection sends nothing', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  const messages = messagesOf(pool)
  const { run } = createIdempotency({ adapter: pgAdapter(pool) })
  const taken = await pool.connect()
  const caller = new AbortController()
  const intent = { owner: 'ann', operation: 'make', key: 'k' }
  const dropped = run(intent, make('k'), { signal: caller.signal })
  caller.abort()
  messages.take()
  taken.release()
  await expect(dropped).rejects.toMatchObject({ code: 'unavailable', dropped: true })
  expect(messages.take()).toBe(0)
  expect(pool.idleCount).toBe(1)
})

test('a claim that fails with its BEGIN leaves a client that can be used again', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  const { run } = createIdempotency({ adapter: pgAdapter(pool), waitMs: 50 })
  const intent = { owner: 'ann', operation: 'make', key: 'k' }
  const holder = await world.admin.connect()
  await holder.query('begin')
  await holder.query(`insert into idempotency_record (owner_id, key, cancelled, created_at)
    values ('ann', 'k', true, now())`)
  await expect(run(intent, make('k'))).rejects.toMatchObject({ code: 'in_flight' })
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1])
  await holder.query('rollback')
  holder.release()
  expect((await run(intent, make('k'))).replayed).toBe(false)
})

test('behind a pooler in transaction mode a claim waits for waitMs, and each key has one record', async () => {
  await using world = await createWorld()
  await using pooler = await pgbouncerServer(world.url)
  const pool = new pg.Pool({ connectionString: pooler.url })
  const idempotency = createIdempotency({ adapter: pgAdapter(pool), waitMs: 100 })
  const intents = ['k1', 'k2', 'k3'].map((key) => ({ owner: 'ann', operation: 'make', key }))
  for (const replayed of [false, true]) {
    const answers = await Promise.all(
      intents.map((intent) => idempotency.run(intent, make(intent.key))),
    )
    expect(answers.map((answer) => answer.replayed)).toEqual([replayed, replayed, replayed])
  }
  const holder = await world.admin.connect()
  await holder.query('begin')
  await holder.query(`insert into idempotency_record (owner_id, key, cancelled, created_at)
    values ('ann', 'held', true, now())`)
  const effect = vi.fn(make('held'))
  const held = idempotency.run({ owner: 'ann', operation: 'make', key: 'held' }, effect)
  await expect(held).rejects.toMatchObject({ code: 'in_flight' })
  expect(effect).not.toHaveBeenCalled()
  await holder.query('rollback')
  holder.release()
  await pool.end()
})

async function messagingServer(world: World, errors: 'plain' | 'with stored errors') {
  const pool = world.openPool({ max: 1 })
  const messages = messagesOf(pool)
  const { run } = createIdempotency({
    adapter: pgAdapter(pool),
    ...(errors === 'plain'
      ? {}
      : { storeError: (error) => (error instanceof Declined ? 1 : undefined) }),
  })
  const intent = { owner: 'ann', operation: 'make' }
  await pool.query('select')
  messages.take()
  return {
    messages,
    send: (key: string) => run({ ...intent, key }, make(key)),
    async sendDeclined(key: string) {
      const declined = run({ ...intent, key }, () => Promise.reject(new Declined('sour')))
      await expect(declined).rejects.toThrow()
    },
  }
}
