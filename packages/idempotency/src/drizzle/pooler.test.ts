import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { expect, test } from 'vitest'
import { driverNames, drizzleWorld } from './test-drizzle.ts'

const intent = { owner: 'ann', operation: 'make', key: 'k' }

const behindPooler = driverNames.flatMap((driver) =>
  [0, 200].map((prepared) => ({ driver, prepared })),
)

test.for(behindPooler)(
  'behind PgBouncer with max_prepared_statements = $prepared each acknowledged effect is kept, on $driver',
  async ({ driver, prepared }) => {
    const settings = [`max_prepared_statements = ${prepared}`]
    await using it = await drizzleWorld(driver, {}, (url) => pgbouncerServer(url, settings))
    // Several transactions on each connection, each in another session.
    for (const round of [1, 2, 3]) {
      const keys = Array.from({ length: 20 }, (_, at) => `${round}-${at}`)
      await Promise.all(keys.map((key) => it.run({ ...intent, key }, (tx) => it.make(tx, key))))
    }
    expect(await it.world.effects()).toBe(60)
  },
)

// Drizzle 0.36 does not prepare on postgres.js.
test('an effect may prepare a statement behind PgBouncer, on postgres-js', async () => {
  await using it = await drizzleWorld('postgres-js', { max: 1 }, (url) => pgbouncerServer(url))
  const make = (key: string) =>
    it.run({ ...intent, key }, (tx) => it.make(tx).prepare('make').execute())
  await make('first')
  // PgBouncer gives the session that it got back last, and the next attempt another one.
  const other = new pg.Client({ connectionString: it.url })
  await other.connect()
  await other.query('begin')
  await make('second').finally(() => other.end())
  expect(await it.world.effects()).toBe(2)
})

const forgetting = (['postgres-js', 'postgres-js of 0.36'] as const).flatMap((driver) =>
  ['deallocate all', 'discard all'].map((statement) => ({ driver, statement })),
)

test.for(forgetting)(
  'after `$statement` between two transactions no effect is lost, on $driver',
  async ({ driver, statement }) => {
    await using it = await drizzleWorld(driver, { max: 1 })
    for (const key of ['first', 'second', 'third']) {
      await it.run({ ...intent, key }, (tx) => it.make(tx, key))
      await it.db.execute(sql.raw(statement))
    }
    expect(await it.world.effects()).toBe(3)
  },
)
