import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { IdempotencyError } from '../idempotency-error.ts'
import { driverNames, drizzleWorld, effect } from './test-drizzle.ts'

vi.setConfig({ testTimeout: 15_000 })

const intent = { owner: 'ann', operation: 'make', key: 'k' }
const pools = ['node-postgres', 'node-postgres of 0.36'] as const

test.for(driverNames)(
  'each key has one effect while connections are killed in transactions, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    const begun = performance.now()
    const killed = killUntil(it.world, () => performance.now() - begun > 1_500)
    let acknowledged = 0
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let at = 0; performance.now() - begun < 1_500; at += 1) {
        await untilAnswered(() =>
          it.run({ ...intent, key: `${client}-${at}` }, async (tx) => {
            await it.make(tx)
            return tx.select().from(effect).limit(1)
          }),
        )
        acknowledged += 1
      }
    })
    await Promise.all(clients)
    expect(await killed).toBeGreaterThan(5)
    expect(await it.world.effects()).toBe(acknowledged)
  },
)

test.for(pools)(
  'a client whose statement was given up does not return to a pool of one, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver, { max: 1, query_timeout: 300 })
    const slow = it.run(intent, (tx) => tx.execute(sql`select pg_sleep(1)`))
    await expect(slow).rejects.toMatchObject({ code: 'unavailable' })
    await it.run(intent, it.make)
    expect(await it.world.effects()).toBe(1)
  },
)

test.for(pools)(
  'a rejected BEGIN does not keep the only place of a pool, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver, { max: 1 })
    it.db.$client.once('connect', (client) => {
      const { query } = client
      const lost = Object.assign(new Error('lost'), { code: '57P01' })
      const failing = () => {
        Object.assign(client, { query })
        return Promise.reject(lost)
      }
      Object.assign(client, { query: failing })
    })
    await it.run(intent, it.make).catch(() => undefined)
    await it.run(intent, it.make)
    expect(await it.world.effects()).toBe(1)
  },
)

type World = Awaited<ReturnType<typeof drizzleWorld>>['world']

/** Ends one session in a transaction of an attempt after the other; resolves with their number. */
async function killUntil({ admin }: World, isOver: () => boolean): Promise<number> {
  let kills = 0
  while (!isOver()) {
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
           and query not like '%pg_type%' order by random() limit 1`,
    )
    kills += rowCount ?? 0
    await pause(10)
  }
  return kills
}

async function untilAnswered(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (!(error instanceof IdempotencyError)) throw error
      await pause(5)
    }
  }
}
