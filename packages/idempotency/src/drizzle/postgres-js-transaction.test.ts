import postgres from 'postgres'
import { expect, test } from 'vitest'
import { drizzleCodeOf } from './drizzle-adapter.ts'
import { type PostgresJs, postgresJsTransaction } from './postgres-js-transaction.ts'
import { clientOptions, drizzleWorld } from './test-drizzle.ts'

/** A client of postgres.js with one connection, and a table to insert into. */
async function clientWorld(options: postgres.Options<Record<string, never>> = {}) {
  const it = await drizzleWorld('postgres-js')
  const client = postgres({ ...clientOptions(it.world.url), max: 1, ...options })
  return {
    // The types of postgres.js do not name the parts that the transaction uses.
    transaction: (timeoutMs = 5_000) =>
      postgresJsTransaction(client as unknown as PostgresJs, timeoutMs),
    client,
    effects: it.world.effects,
    async [Symbol.asyncDispose]() {
      await client.end({ timeout: 1 })
      await it[Symbol.asyncDispose]()
    },
  }
}

type Tx = Pick<PostgresJs, 'unsafe'>

async function insert(tx: object, name = 'milk'): Promise<void> {
  await (tx as Tx).unsafe('insert into effect values ($1)', [name], {})
}

test.for([true, false])(
  'the first transaction of a client opens with fetch_types = %s',
  async (fetch_types) => {
    await using it = await clientWorld({ fetch_types })
    await it.transaction().begin((tx) => insert(tx))
    expect(await it.effects()).toBe(1)
  },
)

test.for(['the adapter', 'the effect'])(
  'a connection that does not answer a statement of %s is closed',
  async (sender) => {
    await using it = await clientWorld()
    const { begin, query } = it.transaction(200)
    const silent = begin(async (tx) => {
      await insert(tx)
      if (sender === 'the adapter') await query('select pg_sleep(1)', [])
      else await (tx as Tx).unsafe('select pg_sleep(1)', [], {})
    })
    await expect(silent).rejects.toSatisfy((error) => drizzleCodeOf(error) === 'connection_lost')
    await it.transaction().begin((tx) => insert(tx))
    expect(await it.effects()).toBe(1)
  },
)

test('a transaction that the effect ended itself takes no further statement and is not committed', async () => {
  await using it = await clientWorld()
  const ended = it.transaction(1_000).begin(async (tx) => {
    await insert(tx, 'rolled back')
    await (tx as Tx).unsafe('rollback', [], {})
    await insert(tx, 'late')
  })
  await expect(ended).rejects.toMatchObject({ code: 'effect_escaped' })
  await it.transaction().begin((tx) => insert(tx))
  expect(await it.effects()).toBe(1)
})

test('transactions share a connection with statements of other code', async () => {
  await using it = await clientWorld()
  const others = Array.from({ length: 300 }, () => it.client.unsafe('select 1').execute())
  const transactions = Array.from({ length: 20 }, () => it.transaction().begin((tx) => insert(tx)))
  await Promise.all([...others, ...transactions])
  expect(await it.effects()).toBe(20)
})
