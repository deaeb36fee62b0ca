import type pg from 'pg'
import { expect, test } from 'vitest'
import { createWorld, make } from '../../test-world.ts'
import { directConnection } from './direct-connection.ts'

const begin = ['BEGIN', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE'] as const
const isolation = 'show transaction_isolation'

/** Opens a transaction as Prisma does. */
async function opened(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect()
  for (const statement of begin) await client.query(statement)
  return client
}

test('BEGIN of a library waits for the opening, and its COMMIT takes the last statement with it', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  const { run, open } = directConnection(pool, 1_000)
  await run(async () => {
    const client = await opened(pool)
    expect(client.getTransactionStatus()).not.toBe('T')
    const insert = { text: 'insert into effect values ($1)', values: ['opening'] }
    const { query, pipelining } = (await open(() => [insert])) ?? {}
    expect(pipelining?.opened).toEqual([1])
    expect(await query?.(isolation, [])).toEqual([{ transaction_isolation: 'read committed' }])
    pipelining?.atCommit({ ...insert, values: ['closing'] })
    expect(await world.effects()).toBe(0)
    await client.query('COMMIT')
    client.release()
  })
  expect(await world.effects()).toBe(2)
  expect(pool.idleCount).toBe(1)
})

test('a transaction that the library uses itself begins as the library wants', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  for (const [end, effects] of [
    ['ROLLBACK', 0],
    ['COMMIT', 1],
  ] as const) {
    const { run, open } = directConnection(pool, 1_000)
    await run(async () => {
      const client = await opened(pool)
      try {
        expect((await client.query(isolation)).rows).toEqual([
          { transaction_isolation: 'serializable' },
        ])
        expect(await open(() => [])).toBeUndefined()
        await make('k')(client)
        await client.query(end)
      } finally {
        client.release()
      }
    })
    expect(await world.effects()).toBe(effects)
    expect(pool.idleCount).toBe(1)
  }
})

test('a transaction that ends before anything was sent sends nothing', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  const { run, open } = directConnection(pool, 1_000)
  const gone = new Error('The caller has gone.')
  await run(async () => {
    const client = await opened(pool)
    const refused = open(() => {
      throw gone
    })
    await expect(refused).rejects.toBe(gone)
    await client.query('ROLLBACK')
    client.release()
  })
  expect(pool.idleCount).toBe(1)
})

test('a connection that is taken outside is not changed', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 2 })
  const { run } = directConnection(pool, 1_000)
  const outside = await opened(pool)
  expect(outside.getTransactionStatus()).toBe('T')
  await run(async () => {
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    const inside = await opened(pool)
    inside.release()
  })
  await outside.query('rollback')
  outside.release()
})

test('a statement that is sent after the end of its transaction is refused', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  for (const [end, how] of [
    ['COMMIT', 'opened'],
    ['ROLLBACK', 'opened'],
    ['COMMIT', 'begun'],
    ['ROLLBACK', 'empty'],
  ] as const) {
    const { run, open } = directConnection(pool, 1_000)
    const late = await run(async () => {
      const client = await opened(pool)
      if (how === 'opened') await open(() => [])
      if (how === 'begun') await client.query('select 1')
      await client.query(end)
      client.release()
      return client
    })
    // The pool gives the connection to the next effect.
    const next = await pool.connect()
    await next.query('begin')
    try {
      await expect(make('late')(late)).rejects.toThrow('its effect has ended')
      await expect(late.query('COMMIT')).rejects.toMatchObject({ code: 'effect_escaped' })
      await late.query('ROLLBACK')
      expect(next.getTransactionStatus()).toBe('T')
      await next.query('commit')
    } finally {
      next.release()
    }
  }
  expect(await world.effects()).toBe(0)
})

test('a statement that fails with COMMIT leaves the ROLLBACK to the library', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  const { run, open } = directConnection(pool, 1_000)
  await run(async () => {
    const client = await opened(pool)
    const { pipelining } = (await open(() => [])) ?? {}
    pipelining?.atCommit({ text: 'select 1 / 0', values: [] })
    await expect(client.query('COMMIT')).rejects.toMatchObject({ code: '22012' })
    await client.query('ROLLBACK')
    expect(client.getTransactionStatus()).toBe('I')
    client.release()
  })
})

test('an effect that sends COMMIT, or ROLLBACK in other words, does not commit', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  for (const text of ['commit', 'commit;', 'rollback', 'rollback work', 'begin']) {
    const { run, open } = directConnection(pool, 1_000)
    await run(async () => {
      const client = await opened(pool)
      const { pipelining } = (await open(() => [claim])) ?? {}
      pipelining?.onClaim?.()
      await client.query(text).catch(() => undefined)
      await make('late')(client).catch(() => undefined)
      if (text !== 'commit') {
        pipelining?.atCommit({ text: 'select 1', values: [] })
        await expect(client.query('COMMIT')).rejects.toMatchObject({ code: 'effect_escaped' })
      } else await client.query('ROLLBACK')
      client.release()
    })
  }
  const { rows } = await world.admin.query('select name from effect')
  expect(rows).toEqual([{ name: 'claimed' }])
})

const claim = { text: "insert into effect values ('claimed')", values: [] }
