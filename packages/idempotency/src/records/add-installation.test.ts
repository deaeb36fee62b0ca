import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld, executed, type World } from '../test-world.ts'

const minted = (minutes: number) => v7({ msecs: Date.now() - minutes * 60_000 })

/** The state after `prisma db push`, which creates the tables and no row. */
async function worldWithoutInstallation() {
  const world = await createWorld()
  await world.admin.query('delete from installation')
  return world
}

async function forgottenMinutesAgo({ admin }: World): Promise<number[]> {
  const { rows } = await admin.query(
    'select extract(epoch from now() - forgotten_before)::float8 / 60 as ago from installation',
  )
  return rows.map(({ ago }) => Math.round(ago))
}

test.each(['run', 'batched'] as const)(
  'a time-ordered key is claimed by %s although the row of the installation is missing, and the row is added',
  async (form) => {
    await using world = await worldWithoutInstallation()
    const send = world.newServer()[form]
    const key = minted(0)
    expect((await send({ key })).replayed).toBe(false)
    expect((await send({ key })).replayed).toBe(true)
    expect(await world.effects()).toBe(1)
    expect(await forgottenMinutesAgo(world)).toEqual([10])
  },
)

test('a time-ordered key minted more than 5 minutes before the row is added stays refused', async () => {
  await using world = await worldWithoutInstallation()
  const { run, batched, idempotency } = world.newServer()
  const old = minted(7)
  for (const send of [run, batched]) {
    await expect(send({ key: old })).rejects.toMatchObject({ code: 'key_expired' })
    await send({ key: minted(0) })
    await expect(send({ key: old })).rejects.toMatchObject({ code: 'key_expired' })
  }
  expect(await idempotency.outcomeOf({ owner: 'ann', key: old })).toEqual({ state: 'forgotten' })
  expect(await world.effects()).toBe(2)
})

test('a cancellation and a query of a key add the missing row as well', async () => {
  for (const form of ['cancel', 'outcomeOf'] as const) {
    await using world = await worldWithoutInstallation()
    const { idempotency } = world.newServer()
    const outcome = await idempotency[form]({ owner: 'ann', key: minted(0) })
    expect(outcome).toEqual({ state: form === 'cancel' ? 'cancelled' : 'unused' })
    expect(await forgottenMinutesAgo(world)).toEqual([10])
  }
})

test('several instances at once add the missing row once, and none fails', async () => {
  await using world = await worldWithoutInstallation()
  const servers = Array.from({ length: 5 }, () => world.newServer())
  const keys = Array.from({ length: 4 }, () => minted(0))
  const answers = await Promise.all(
    servers.flatMap(({ run, batched }) =>
      keys.map((key, at) => (at % 2 === 0 ? run({ key }) : batched({ key }))),
    ),
  )
  expect(executed(answers)).toBe(keys.length)
  expect(await world.effects()).toBe(keys.length)
  expect(await forgottenMinutesAgo(world)).toEqual([10])
})

test('cleaning adds the missing row, and leaves one that is there', async () => {
  await using world = await worldWithoutInstallation()
  const { idempotency } = world.newServer()
  await idempotency.clean()
  expect(await forgottenMinutesAgo(world)).toEqual([10])
  await world.admin.query(`update installation set forgotten_before = now() - interval '1 day'`)
  await idempotency.clean()
  expect(await forgottenMinutesAgo(world)).toEqual([24 * 60])
})
