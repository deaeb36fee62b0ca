import type pg from 'pg'
import { expect, test } from 'vitest'
import { createWorld, make } from '../../test-world.ts'
import { directConnection } from './direct-connection.ts'

/** Opens a transaction as Prisma does, and releases its connection in the end. */
async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>) {
  const { run, open } = directConnection(pool, 1_000)
  await run(async () => {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      await open(() => [])
      await work(client)
    } finally {
      client.release()
    }
  })
}

const lateness = 'its effect has ended'

test.for(['COMMIT', 'ROLLBACK'])(
  'a statement that the library sends after its %s is refused, and a second ROLLBACK does nothing',
  async (end) => {
    await using world = await createWorld()
    const pool = world.openPool({ max: 1 })
    await inTransaction(pool, async (client) => {
      const ended = client.query(end)
      await expect(make('late')(client)).rejects.toThrow(lateness)
      await ended
      await expect(make('later')(client)).rejects.toThrow(lateness)
      await expect(client.query('COMMIT')).rejects.toMatchObject({ code: 'effect_escaped' })
      await client.query('ROLLBACK')
      client.release()
      await expect(make('released')(client)).rejects.toThrow(lateness)
    })
    expect(await world.effects()).toBe(0)
    expect(pool.idleCount).toBe(1)
  },
)

test('a library that releases its connection twice does not take it from another transaction', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  await inTransaction(pool, async (client) => {
    await client.query('COMMIT')
    client.release()
    const another = await pool.connect()
    try {
      client.release()
      expect(pool.idleCount).toBe(0)
    } finally {
      another.release()
    }
  })
  expect(pool.idleCount).toBe(1)
})

test.for(['COMMIT', 'ROLLBACK'])(
  'a connection that is lost before %s leaves the pool, also when the library does not release it',
  async (end) => {
    await using world = await createWorld()
    const pool = world.openPool({ max: 1, connectionTimeoutMillis: 1_000 })
    await inTransaction(pool, async (client) => {
      await client.query('set role none')
      await expect(client.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toThrow()
      const ended = client.query(end)
      if (end === 'COMMIT') await expect(ended).rejects.toThrow()
      await Promise.allSettled([ended])
      expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })
  },
)
