import { expect, test, vi } from 'vitest'
import { createWorld, type World } from '../test-world.ts'

/** A wait for the lock lasts up to 1.5 s, so it must be observed before that. */
const patience = { interval: 5, timeout: 5_000 }

test.for([
  ['getTodo', { id: '019ab000-0000-7000-8000-000000000001' }, 'todo'],
  ['listTodos', {}, 'todo'],
  ['outcomeOf', { idempotencyKey: 'k' }, 'idem.idempotency_record'],
] as const)(
  '%s that takes too long is refused and not tried again',
  async ([name, input, table]) => {
    await using world = await createWorld()
    await using _ = await lockTable(world, table)
    const answering = world.query(name, input)
    // Like statement_timeout, but immediately.
    const cancelWaiting = `select pg_cancel_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    await vi.waitUntil(async () => (await world.pool.query(cancelWaiting)).rowCount === 1, patience)
    // A second try would wait for the lock and be `in_flight`.
    expect(await answering).toMatchObject({
      status: 503,
      refusal: { code: 'unavailable', retry: 'same_key' },
    })
  },
)

async function lockTable({ pool }: World, table: string): Promise<AsyncDisposable> {
  const client = await pool.connect()
  await client.query(`begin; lock table ${table} in access exclusive mode`)
  return {
    async [Symbol.asyncDispose]() {
      await client.query('rollback')
      client.release()
    },
  }
}
