import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createWorld, make, type World } from '../test-world.ts'

/** A port of this computer that nobody listens on. */
const closedPort = 1

const failures: Readonly<Record<string, () => Promise<unknown>>> = {
  'a missing file': () => readFile('/nowhere/at/all'),
  'another service': () =>
    new Promise((_, reject) => connect(closedPort, '127.0.0.1').once('error', reject)),
  'another service, wrapped': () => fetch(`http://127.0.0.1:${closedPort}`),
  'another database': async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: closedPort })
    await client.connect()
  },
  'a connection that was reset': async () => {
    throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
  },
  'a time limit': async () => {
    throw Object.assign(new Error('timeout of 1000ms exceeded'), { code: 'ETIMEDOUT' })
  },
  'a connection that another pool could not give': async () => {
    throw new Error('timeout exceeded when trying to connect')
  },
}

test.for(Object.keys(failures))(
  'an error of the effect about %s is thrown as it is, and everything is rolled back',
  async (name) => {
    await using world = await createWorld()
    const { run } = world.newServer()
    let thrown: unknown
    let times = 0
    const sent = run({ key: 'k' }, async (tx) => {
      times += 1
      await make('half')(tx)
      await failures[name]?.().catch((error: unknown) => {
        thrown = error
        throw error
      })
    })
    const error = await sent.catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(Error)
    expect(error).toBe(thrown)
    expect([times, await world.effects()]).toEqual([1, 0])
    expect((await run({ key: 'k' })).replayed).toBe(false)
  },
)

test('it is the own error of the effect also after a statement of it has failed', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const sent = run({ key: 'k' }, async (tx) => {
    await make('poison')(tx).catch(() => undefined)
    return readFile('/nowhere/at/all')
  })
  await expect(sent).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a connection of the effect that breaks is an error of the database, also in another error', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  let times = 0
  const answer = await run({ key: 'k' }, async (tx) => {
    times += 1
    if (times === 1) await endSession(world, tx)
    return make('k')(tx).catch((cause: unknown) => {
      throw new Error('not made', { cause })
    })
  })
  expect([answer.replayed, times]).toEqual([false, 2])
  expect(await world.effects()).toBe(1)
})

test('a SQLSTATE in the cause of an error is an error of the database', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  let times = 0
  const answer = await run({ key: 'k' }, async (tx) => {
    times += 1
    if (times > 1) return make('k')(tx)
    const cause = Object.assign(new Error('could not serialize'), { code: '40001' })
    throw new Error('not made', { cause })
  })
  expect([answer.replayed, times]).toEqual([false, 2])
})

async function endSession({ admin }: World, tx: pg.PoolClient): Promise<void> {
  const { rows } = await tx.query('select pg_backend_pid() as pid')
  const closed = new Promise((resolve) => tx.once('end', resolve))
  await admin.query('select pg_terminate_backend($1)', [rows[0].pid])
  await closed
}
