import { expect, test } from 'vitest'
import { createIdempotency } from '../create-idempotency.ts'
import { driverNames, drizzleWorld, effect, isRefused } from './test-drizzle.ts'

const intent = { owner: 'ann', operation: 'make', key: 'k' }
const sour = new Error('The milk is sour.')

const onEach = test.for(driverNames)

onEach(
  'a builder made in a failed effect writes nothing into the transaction that its connection is in later, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver, { max: 1 })
    let late: PromiseLike<unknown> = Promise.resolve()
    const failed = it.run(intent, async (tx) => {
      late = it.make(tx, 'late')
      throw sour
    })
    await expect(failed).rejects.toBe(sour)
    const { value } = await it.run({ ...intent, owner: 'bob' }, async (tx) => {
      await it.make(tx)
      await expect((async () => late)()).rejects.toSatisfy(isRefused)
      return tx.select().from(effect)
    })
    expect(value).toEqual([{ name: 'milk' }])
    expect(await it.world.effects()).toBe(1)
  },
)

onEach(
  'a builder made in an effect that declined is not committed with its refusal, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    let late: PromiseLike<unknown> = Promise.resolve()
    let sent = ''
    const awaited = async () => {
      sent = await late.then(
        () => 'written',
        (error: unknown) => (isRefused(error) ? 'refused' : String(error)),
      )
    }
    const { run } = createIdempotency<Parameters<typeof it.make>[0]>({
      adapter: {
        ...it.adapter,
        transaction: (work, opening) =>
          it.adapter.transaction(
            (tx, query, pipelining) =>
              work(
                tx,
                async (text, values) => {
                  const rows = await query(text, values)
                  if (text.startsWith('rollback to savepoint')) await awaited()
                  return rows
                },
                pipelining,
              ),
            opening,
          ),
      },
      storeError: () => ({ code: 'sour' }),
      restoreError: () => sour,
    })
    const declined = run(intent, async (tx) => {
      late = it.make(tx, 'late')
      throw sour
    })
    await expect(declined).rejects.toBe(sour)
    expect(sent).toBe('refused')
    expect(await it.world.effects()).toBe(0)
  },
)

onEach(
  'each create that an effect does not await is written with it or refused, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    const outcomes: string[] = []
    const written = () => outcomes.push('written')
    const failed = (error: unknown) => outcomes.push(isRefused(error) ? 'refused' : String(error))
    let creates: Promise<unknown> = Promise.resolve()
    await it.run(intent, async (tx) => {
      const create = (name: string) => it.make(tx, name).then(written, failed)
      const names = ['1', '2', '3', '4', '5', '6', '7', '8']
      creates = Promise.all(names.map((name) => create(name).then(() => create(name))))
      return 'ok'
    })
    await creates
    expect(outcomes).toHaveLength(16)
    expect(outcomes.filter((each) => each !== 'written' && each !== 'refused')).toEqual([])
    expect(await it.world.effects()).toBe(outcomes.filter((each) => each === 'written').length)
  },
)

onEach(
  'an effect that leaves a nested transaction running commits nothing, on %s',
  async (driver) => {
    await using it = await drizzleWorld(driver)
    const { promise: written, resolve: write } = Promise.withResolvers<void>()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    let part: Promise<unknown> = Promise.resolve()
    const failed = it.run(intent, async (tx) => {
      part = tx.transaction((outer) =>
        outer.transaction(async (inner) => {
          await it.make(inner)
          write()
          await ended
          await it.make(inner)
        }),
      )
      await written
    })
    await expect(failed).rejects.toThrow('a transaction inside the effect was still running')
    end()
    await expect(part).rejects.toSatisfy(isRefused)
    expect(await it.world.effects()).toBe(0)
  },
)
