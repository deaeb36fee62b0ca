import type pg from 'pg'
import { expect, test } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { pgAdapter } from '../pg/pg-adapter.ts'
import { createWorld, Declined, make } from '../test-world.ts'

const escaped = { name: 'IdempotencyError', code: 'effect_escaped', retry: 'ask_person' }
const intent = { owner: 'ann', operation: 'make', key: 'k' }

type Effect = (tx: pg.PoolClient) => Promise<unknown>

/** Effects that end their own transaction, or begin another one, and hide it. */
const escapes: Readonly<Record<string, Effect>> = {
  async 'rolls back and writes'(tx) {
    await tx.query('rollback')
    await make('late')(tx).catch(() => undefined)
  },
  async 'begins, rolls back and writes'(tx) {
    await tx.query('begin').catch(() => undefined)
    await tx.query('rollback').catch(() => undefined)
    await make('late')(tx).catch(() => undefined)
  },
  async 'queues a write behind its rollback'(tx) {
    await Promise.allSettled([tx.query('rollback'), make('late')(tx), make('later')(tx)])
  },
  async 'does not await its rollback'(tx) {
    void Promise.allSettled([tx.query('rollback'), make('late')(tx)])
  },
  async 'rolls back with a callback'(tx) {
    tx.query('rollback', () => undefined)
    tx.query("insert into effect values ('late')", () => undefined)
  },
  async 'rolls back and begins in one text'(tx) {
    await tx.query('rollback; begin').catch(() => undefined)
    await make('late')(tx).catch(() => undefined)
  },
  async 'rolls back and chains'(tx) {
    await tx.query('rollback and chain')
    await make('late')(tx)
  },
  async 'rolls back and declines'(tx) {
    await tx.query('rollback')
    throw new Declined('sour')
  },
  async 'deletes the records of its owner'(tx) {
    await make('late')(tx)
    await tx.query(`delete from idem.idempotency_record where owner_id = 'ann'`)
  },
}

test.for(Object.keys(escapes))(
  'an effect that %s is not acknowledged, and the next attempt has the only effect',
  async (name) => {
    await using world = await createWorld()
    const { run } = createIdempotency({
      adapter: pgAdapter(world.openPool({ max: 1 })),
      storeError: (error) => (error instanceof Declined ? 1 : undefined),
    })
    await expect(run(intent, async (tx) => escapes[name]?.(tx))).rejects.toMatchObject(escaped)
    expect(await world.effects()).toBe(0)
    expect((await run(intent, make('k'))).replayed).toBe(false)
    expect(await world.effects()).toBe(1)
  },
)

test.for(['commit', 'commit; begin', 'commit and chain', 'commit; select 1 / 0'])(
  'after an effect that sends "%s" every attempt is told that it escaped, and nothing is done twice',
  async (text) => {
    await using world = await createWorld()
    const { run, batched, idempotency } = world.newServer()
    const committing: Effect = async (tx) => {
      await make('k')(tx)
      await tx.query(text)
      throw new Error('a bug')
    }
    await expect(run({ key: 'k' }, committing)).rejects.toMatchObject(escaped)
    for (const send of [run, batched]) {
      await expect(send({ key: 'k' })).rejects.toMatchObject(escaped)
    }
    await expect(idempotency.outcomeOf(intent)).rejects.toMatchObject(escaped)
    await expect(idempotency.cancel(intent)).rejects.toMatchObject(escaped)
    expect(await world.effects()).toBe(1)
  },
)

test('an effect that commits and resolves is not acknowledged', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const sent = run({ key: 'k' }, (tx) => tx.query('commit'))
  await expect(sent).rejects.toMatchObject(escaped)
})

test('an error of the database that ended the transaction is reported as itself', async () => {
  await using world = await createWorld()
  await world.admin.query(`create table public.later (n int primary key deferrable initially deferred);
    grant insert on public.later to public`)
  const { run } = world.newServer()
  const sent = run({ key: 'k' }, async (tx) => {
    await tx.query('insert into public.later values (1), (1)')
    await tx.query('commit')
  })
  await expect(sent).rejects.toMatchObject({ code: '23505' })
  expect((await run({ key: 'k' })).replayed).toBe(false)
})

test('a lost record is found by a statement, also when the adapter sees nothing else', async () => {
  await using world = await createWorld()
  const adapter = pgAdapter(world.openPool())
  const { run } = createIdempotency<pg.PoolClient>({
    adapter: {
      codeOf: adapter.codeOf,
      transaction: (work) => adapter.transaction((tx, query) => work(tx, query)),
    },
  })
  const losing = run(intent, async (tx) => {
    await make('late')(tx)
    await tx.query('delete from idem.idempotency_record')
  })
  await expect(losing).rejects.toMatchObject(escaped)
  expect(await world.effects()).toBe(0)
})

test('an effect whose key another attempt has taken meanwhile does not change the answer of that', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const adapter = pgAdapter(world.openPool())
  const blind = createIdempotency<pg.PoolClient>({
    adapter: {
      codeOf: adapter.codeOf,
      transaction: (work) => adapter.transaction((tx, query) => work(tx, query)),
    },
  })
  const losing = blind.run({ ...intent, input: { title: 'Buy milk' } }, async (tx) => {
    await tx.query('rollback and chain')
    return run({ key: 'k' })
  })
  await expect(losing).rejects.toMatchObject(escaped)
  expect(await run({ key: 'k' })).toMatchObject({ text: '{"made":"k"}', replayed: true })
})

test('savepoints and the statements of another connection are no escape', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const answer = await run({ key: 'k' }, async (tx) => {
    await tx.query('savepoint a')
    await make('undone')(tx)
    await tx.query('rollback to savepoint a')
    await world.admin.query('begin; commit')
    return make('k')(tx)
  })
  expect(answer.replayed).toBe(false)
  expect(await world.effects()).toBe(1)
})

test('writes that an effect did not await are part of it', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  await run({ key: 'k' }, async (tx) => {
    for (let each = 0; each < 8; each += 1) void make('k')(tx)
  })
  expect(await world.effects()).toBe(8)
})

test('an outcome is stored when all that the effect sent is answered', async () => {
  await using world = await createWorld()
  const adapter = pgAdapter(world.openPool())
  const steps: string[] = []
  const { run } = createIdempotency<pg.PoolClient>({
    adapter: {
      codeOf: adapter.codeOf,
      async revoke() {
        steps.push('revoked')
        await new Promise(setImmediate)
        steps.push('answered')
      },
      transaction: (work) =>
        adapter.transaction((tx, query) =>
          work(tx, (text, values) => {
            if (text.includes('update')) steps.push('stored')
            return query(text, values)
          }),
        ),
    },
  })
  await run(intent, make('k'))
  expect(steps).toEqual(['revoked', 'answered', 'stored'])
})

test('an effect of which a write fails that was not awaited is not acknowledged', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const sent = run({ key: 'k' }, async (tx) => {
    void make('k')(tx)
    make('poison')(tx).catch(() => undefined)
  })
  await expect(sent).rejects.toMatchObject({ code: '25P02' })
  expect(await world.effects()).toBe(0)
})

test('an effect that declines after a savepoint of any name leaves nothing', async () => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const declining = run({ key: 'k' }, async (tx) => {
    await make('half')(tx)
    await tx.query('savepoint effect')
    throw new Declined('sour')
  })
  await expect(declining).rejects.toThrow('declined')
  expect(await world.effects()).toBe(0)
})
