import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { executed, messagesOf, textsOf } from '../test-world.ts'
import { drizzleAdapter, drizzleCodeOf } from './drizzle-adapter.ts'
import { driverNames, drizzleWorld, effect, isRefused } from './test-drizzle.ts'

const intent = { owner: 'ann', operation: 'make', key: 'k' }
const sour = new Error('The milk is sour.')

const onEach = test.for(driverNames)

onEach('twenty attempts at once have one effect and equal answers, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  const second = createIdempotency({ adapter: it.adapter })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 ? it : second).run(intent, it.make)),
  )
  expect(textsOf(answers)).toEqual(new Set(['[{"name":"milk"}]']))
  expect(executed(answers)).toBe(1)
  expect(await it.world.effects()).toBe(1)
})

test('on pg an attempt takes three round trips', async () => {
  await using it = await drizzleWorld('node-postgres')
  const messages = messagesOf(it.db.$client)
  await it.run(intent, it.make)
  expect(messages.take()).toBe(3)
  expect((await it.run(intent, it.make)).replayed).toBe(true)
  expect(messages.take()).toBe(3)
})

test('on pg an effect may use another connection of the pool', async () => {
  await using it = await drizzleWorld('node-postgres')
  const { replayed } = await it.run(intent, async (tx) => {
    const other = await it.db.$client.connect()
    await other.query('begin')
    await other.query(`insert into effect values ('by itself')`)
    await other.query('commit')
    expect(await it.world.effects()).toBe(1)
    const escaped = it.db.transaction(async (own) => {
      await own.insert(effect).values({ name: 'rolled back' })
      throw sour
    })
    await expect(escaped).rejects.toBe(sour)
    other.release()
    return it.make(tx)
  })
  expect(replayed).toBe(false)
  expect(await it.world.effects()).toBe(2)
})

test('on pg an effect may run another one, in a transaction of its own', async () => {
  await using it = await drizzleWorld('node-postgres')
  const failed = it.run(intent, async (tx) => {
    await it.make(tx)
    await it.run({ ...intent, key: 'inner' }, it.make)
    throw sour
  })
  await expect(failed).rejects.toBe(sour)
  expect(await it.world.effects()).toBe(1)
})

onEach('an effect that fails leaves nothing, and its key is free, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  const failed = it.run(intent, async (tx) => {
    await it.make(tx)
    throw sour
  })
  await expect(failed).rejects.toBe(sour)
  expect(await it.world.effects()).toBe(0)
  expect((await it.run(intent, it.make)).replayed).toBe(false)
})

onEach('no other session sees an attempt before its commit, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  const records = async () => {
    const { rows } = await it.world.admin.query('select key, answer from idempotency_record')
    return rows
  }
  await it.run(intent, async (tx) => {
    await it.make(tx)
    expect(await records()).toEqual([])
    expect(await it.world.effects()).toBe(0)
    return 'milk'
  })
  expect(await records()).toEqual([{ key: 'k', answer: '"milk"' }])
})

onEach(
  'a branch of a failed effect that is still running writes nothing, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    let branch: Promise<unknown> = Promise.resolve()
    const failed = it.run(intent, async (tx) => {
      branch = (async () => {
        await tx.execute(sql`select pg_sleep(0.2)`)
        await it.make(tx)
      })()
      await Promise.all([branch, Promise.reject(sour)])
    })
    await expect(failed).rejects.toBe(sour)
    await expect(branch).rejects.toSatisfy(isRefused)
    expect(await it.world.effects()).toBe(0)
  },
)

onEach('a transaction is READ COMMITTED, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  const [row] = await it.adapter.transaction((_, query) => query('show transaction_isolation', []))
  expect(row).toEqual({ transaction_isolation: 'read committed' })
})

onEach(
  'a nested transaction of the effect may fail without failing the effect, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    const { value } = await it.run(intent, async (tx) => {
      await it.make(tx)
      const part = tx.transaction(async (inner) => {
        await it.make(inner)
        await inner.execute(sql`select 1 / 0`)
      })
      await part.catch(() => undefined)
      return tx.select().from(effect).where(eq(effect.name, 'milk'))
    })
    expect(value).toHaveLength(1)
  },
)

onEach('the SQLSTATE is found below the error of Drizzle, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  const failure = await it
    .run(intent, (tx) => tx.insert(effect).values({ name: 'poison' }))
    .catch((error: unknown) => error)
  expect(drizzleCodeOf(failure)).toBe('23514')
})

onEach(
  'a connection that is lost in the effect is no failure, and the key may be sent again, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    let calls = 0
    const lost = it.run(intent, async (tx) => {
      calls += 1
      await it.make(tx)
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`).catch(() => undefined)
      return it.make(tx)
    })
    await expect(lost).rejects.toMatchObject({ code: 'unavailable', retry: 'same_key' })
    expect(calls).toBe(1)
    expect((await it.run(intent, it.make)).replayed).toBe(false)
    expect(await it.world.effects()).toBe(1)
  },
)

onEach(
  'an effect that swallowed the error of a statement is not committed, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    const { run } = createIdempotency({ adapter: it.adapter })
    const swallowed = it.adapter.transaction(async (tx) => {
      await it.make(tx)
      await tx.execute(sql`select 1 / 0`).catch(() => undefined)
    })
    await expect(swallowed).rejects.toSatisfy((error) => drizzleCodeOf(error) === '25P02')
    await run(intent, it.make)
    expect(await it.world.effects()).toBe(1)
  },
)

const refused = 'cannot verify the COMMIT of this client; pass drizzle('

test('a single client of pg is refused at once, because concurrent transactions would share it', () => {
  expect(() => drizzleAdapter(drizzle(new pg.Client()))).toThrow(refused)
})

test('a database whose client is unknown is refused at once', () => {
  const transaction = () => Promise.reject(sour)
  expect(() => drizzleAdapter({ transaction })).toThrow(refused)
})

onEach(
  'a transaction on another connection than that of $client is refused, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    const stray = {
      $client: it.db.$client,
      transaction: <T>(work: (tx: object) => Promise<T>) => work(it.db),
    }
    const { run } = createIdempotency({ adapter: drizzleAdapter(stray) })
    await expect(run(intent, async () => 'milk')).rejects.toThrow(refused)
    expect(await it.world.effects()).toBe(0)
  },
)

onEach('keys are asked for, cancelled and cleaned, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  const idempotency = createIdempotency({ adapter: it.adapter })
  await idempotency.run(intent, it.make)
  const name = { owner: 'ann', key: 'k' }
  expect(await idempotency.outcomeOf(name)).toMatchObject({ state: 'answered', kind: 'answer' })
  expect(await idempotency.cancel({ ...name, key: 'other' })).toEqual({ state: 'cancelled' })
  await it.world.admin.query(`update idempotency_record set created_at = now() - interval '2 days'`)
  expect(await idempotency.clean()).toEqual({ removed: 2 })
})

onEach('nothing stays on the session, on %s', async (driver) => {
  await using it = await drizzleWorld(driver)
  await it.run(intent, it.make)
  const { rows } = await it.world.admin.query(
    `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`,
  )
  expect(rows).toEqual([{ n: 0 }])
})

test.for([
  ['CONNECTION_CLOSED', 'connection_lost'],
  ['CONNECTION_DESTROYED', 'connection_lost'],
  ['CONNECTION_ENDED', 'pool_wait'],
  ['CONNECT_TIMEOUT', 'pool_wait'],
  ['40001', '40001'],
  ['ERR_ASSERTION', undefined],
])('the code %s of a driver stands for %s', ([code, state]) => {
  const wrapped = new Error('Failed query', { cause: Object.assign(new Error('x'), { code }) })
  expect(drizzleCodeOf(wrapped)).toBe(state)
})
