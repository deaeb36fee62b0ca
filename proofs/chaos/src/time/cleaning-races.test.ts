import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { v7 } from 'uuid'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { clockServers } from './clock-servers.ts'
import { createOf, madeBy } from './key-effects.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const hour = 3_600_000

const world = await clockServers([24, 48])
beforeEach(() => world.reset())
afterAll(() => world[Symbol.asyncDispose]())

test('a time-ordered key is not executed again by a server with longer retention while another server cleans it', async () => {
  const [created, deleted, cancelled] = [v7(), v7(), v7()]
  const { id } = JSON.parse((await world.ask(0)('trpc', createOf(created))).text ?? '')
  const remove = { operation: 'deleteTodo', key: deleted, input: { id } } as const
  await world.ask(0)('trpc', remove)
  await world.ask(0)('trpc', { operation: 'restoreTodo', input: { id } })
  await world.ask(0)('trpc', createOf(cancelled))
  await world.clock.setAhead(25 * hour)

  const cleaning = await startForgetting()
  const retries = Promise.all([
    world.ask(1)('trpc', createOf(created)),
    world.ask(1)('rest', remove),
    world.ask(1)('rest', { operation: 'cancel', key: cancelled }),
  ])
  let answered = false
  const all = retries.finally(() => {
    answered = true
  })
  await someoneWaits({ count: 1, orUntil: () => answered })
  await cleaning.commit()

  const [, , cancel] = await all
  expect(cancel.text).not.toContain('cancelled')
  expect([...(await madeBy(world)).values()]).toEqual([1, 1])
  expect((await world.ask(1)('rest', { operation: 'getTodo', input: { id } })).status).toBe(200)
  for (const call of [createOf(created), remove, createOf(cancelled)]) {
    expect((await world.ask(1)('trpc', call)).status).toBe(412)
  }
})

test('a batch during a cleaning creates nothing twice', async () => {
  await using _ = await slowCleaning()
  const keys = Array.from({ length: 20 }, () => v7())
  const createAll = (server: 0 | 1, apartMs: number) =>
    Promise.all(
      keys.map(async (key, at) => {
        await pause(at * apartMs)
        return world.ask(server)('trpc', createOf(key))
      }),
    )
  await createAll(0, 0)
  await world.clock.setAhead(25 * hour)
  await Promise.all([world.clean(0), createAll(1, 3)])
  await createAll(1, 0)
  expect(await madeBy(world)).toEqual(new Map(keys.map((key) => [key, 1])))
})

test('a key cleaned between its claim and its look-up is new if opaque and expired if time-ordered', async () => {
  const keys = { opaque: 'abc-123', timed: v7() }
  for (const key of Object.values(keys)) await world.ask(0)('trpc', createOf(key))
  await world.clock.setAhead(25 * hour)
  await using held = await holdClaims()
  const retries = Promise.all(
    Object.values(keys).flatMap((key) => [
      world.ask(0)('trpc', createOf(key)),
      world.ask(1)('trpc', createOf(key)),
    ]),
  )
  await someoneWaits({ count: 4, orUntil: () => false })
  await world.clean(0)
  await held.release()
  const [one, other, ...ofTimed] = await retries
  expect(other?.text).toBe(one?.text)
  // Some have looked it up, in a batch, before it was cleaned.
  for (const { status } of ofTimed) expect([200, 412]).toContain(status)
  const { [keys.timed]: timed, [keys.opaque]: opaque } = Object.fromEntries(await madeBy(world))
  expect({ timed, opaque }).toEqual({ timed: 1, opaque: 2 })
})

/** A cleaning that has removed its rows and recorded it, but not committed. */
async function startForgetting() {
  const client = new pg.Client({ connectionString: world.url })
  await client.connect()
  await client.query('begin')
  await client.query(`
    update idem.installation set forgotten_before = (select max(created_at) from idem.idempotency_record);
    delete from idem.idempotency_record`)
  return {
    async commit() {
      await client.query('commit')
      await client.end()
    },
  }
}

/** Slow enough to overlap a batch, fast enough that the batch does not time out. */
function slowCleaning(): Promise<AsyncDisposable> {
  return addTrigger('after delete', 'pg_sleep(0.03)')
}

/** A claim ends its statement only after the release; its result is decided by then. */
async function holdClaims() {
  const trigger = await addTrigger('after insert', 'pg_advisory_xact_lock_shared(7)')
  await world.sql.query('select pg_advisory_lock(7)')
  return { ...trigger, release: () => world.sql.query('select pg_advisory_unlock(7)') }
}

async function addTrigger(when: string, call: string): Promise<AsyncDisposable> {
  await world.sql.query(`
    create or replace function test_trigger() returns trigger language plpgsql as
      'begin perform ${call}; return null; end';
    create trigger test_trigger ${when} on idem.idempotency_record
      for each statement execute function test_trigger()`)
  return {
    async [Symbol.asyncDispose]() {
      await world.sql.query('drop trigger test_trigger on idem.idempotency_record')
    },
  }
}

/** Resolves when this many attempts that run alone wait for a lock. */
async function someoneWaits(until: { count: number; orUntil: () => boolean }): Promise<void> {
  let waiting = 0
  while (waiting < until.count && !until.orUntil()) {
    const { rowCount } = await world.sql.query(
      `select from pg_stat_activity where datname = current_database()
       and wait_event_type = 'Lock' and application_name = 'idem'
       and query not like '%materialized%'`,
    )
    waiting = Number(rowCount)
  }
}
