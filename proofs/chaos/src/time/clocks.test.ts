import { createClient } from '@idem/client/create-client'
import { createServerClock, refusalOf } from '@idem/outbox'
import { mintKey } from '@idem/outbox/key'
import { expect, test, vi } from 'vitest'
import { type ClockServers, clockServers } from './clock-servers.ts'
import { createOf, madeBy } from './key-effects.ts'

vi.setConfig({ testTimeout: 120_000 })

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const off = [-40, 0, 40]

test.for([-40, 40])(
  'with the database clock %i days off, no device clock makes a key expire early or executes it twice',
  async (days) => {
    await using world = await clockServers([24, 24], { aheadMs: days * day })
    const passed = (ms: number) => world.clock.setAhead(days * day + ms)
    const devices = await Promise.all(
      off.map(async (deviceDays) => {
        const device = openDevice(world, deviceDays * day)
        await device.learn()
        const [key, early, late] = [device.mint(), device.mint(), device.mint()]
        const todo = await device.create(key)
        expect(Math.abs(Date.parse(todo.createdAt) - world.clock.now())).toBeLessThan(minute)
        expect(await device.create(key)).toEqual(todo)
        return { ...device, key, early, late, todo }
      }),
    )

    await passed(22 * hour + 55 * minute)
    for (const { create, early } of devices) await create(early)
    await passed(23 * hour + 5 * minute)
    await Promise.all([world.clean(0), world.clean(1)])
    for (const { create, refusalOf, key, late, todo } of devices) {
      expect(await create(key)).toEqual(todo)
      expect(await refusalOf(late)).toMatchObject({ code: 'key_expired' })
    }
    await passed(24 * hour + 5 * minute)
    await Promise.all([world.clean(0), world.clean(1)])
    for (const { refusalOf, key } of devices) {
      expect(await refusalOf(key)).toMatchObject({ code: 'key_expired' })
    }
    const used = devices.flatMap(({ key, early }) => [key, early])
    expect(Object.fromEntries(await madeBy(world))).toEqual(
      Object.fromEntries(used.map((key) => [key, 1])),
    )
  },
)

test('a device without the server time gets it with the refusal, and its next key is accepted', async () => {
  await using world = await clockServers([24, 24])
  for (const [days, code] of [
    [-40, 'key_expired'],
    [40, 'key_from_future'],
  ] as const) {
    const device = openDevice(world, days * day)
    const refused = await device.refusalOf(device.mint())
    expect(refused).toMatchObject({ code, retry: 'new_key', serverTime: expect.any(String) })
    device.clock.learn(refused?.serverTime ?? '')
    await device.create(device.mint())
  }
  expect([...(await madeBy(world)).values()]).toEqual([1, 1])
})

test.for([-40, 40])(
  'no key is executed twice when the database clock jumps by %i days',
  async (days) => {
    await using world = await clockServers([24, 24])
    const device = openDevice(world, 0)
    await device.learn()
    const before = device.mint()
    const todo = await device.create(before)
    await world.clock.setAhead(days * day)
    expect(await device.create(before)).toEqual(todo)
    for (const server of [0, 1] as const) await world.clean(server)

    // The servers' offset may be half a minute old; the clock of their refusals is not.
    const id = mintKey()
    const refused = await device.refusalOf(device.mint(), id)
    expect(refused).toMatchObject({ retry: 'new_key', serverTime: expect.any(String) })
    device.clock.learn(refused?.serverTime ?? '')
    const after = device.mint()
    expect(await device.create(after, id)).toMatchObject({ id })

    await world.clock.setAhead(0)
    for (const key of [before, after]) {
      for (const server of [0, 1] as const) await world.ask(server)('trpc', createOf(key))
    }
    expect([...(await madeBy(world)).values()]).toEqual([1, 1])
  },
)

/** A device with its own clock that uses both servers in turn. */
function openDevice(world: ClockServers, aheadMs: number) {
  const clients = ([0, 1] as const).map((server) => createClient({ url: world.urlOf(server) }))
  const clock = createServerClock(() => Date.now() + aheadMs)
  let turn = 0
  const next = () => {
    const client = clients[turn % clients.length]
    turn += 1
    if (client === undefined) throw new Error('Expected at least one client.')
    return client
  }
  const create = (idempotencyKey: string, id?: string) =>
    next().createTodo.mutate({
      idempotencyKey,
      title: `Todo of ${idempotencyKey}`,
      ...(id === undefined ? {} : { id }),
    })

  return {
    clock,
    mint: () => mintKey(clock.now()),
    async learn() {
      const askedAt = Date.now() + aheadMs
      clock.learn((await next().policy.query()).serverTime, askedAt)
    },
    create,
    async refusalOf(key: string, id?: string) {
      return create(key, id).then(
        () => undefined,
        (error) => refusalOf(error),
      )
    },
  }
}
