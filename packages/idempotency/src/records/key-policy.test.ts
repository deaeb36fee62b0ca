import { v7 } from 'uuid'
import { afterEach, expect, test, vi } from 'vitest'
import { createWorld } from '../test-world.ts'

const hour = 3_600_000

afterEach(() => vi.useRealTimers())

test('a time-ordered key expires by the clock of the database, even if the clock of this computer is wrong', async () => {
  await using world = await createWorld()
  const { run, batched } = world.newServer()
  const now = Date.now()
  const minted = (hours: number) => v7({ msecs: now + hours * hour })
  for (const days of [-40, 40]) {
    vi.useFakeTimers({ now: now + days * 24 * hour, toFake: ['Date'] })
    for (const send of [run, batched]) {
      expect((await send({ key: minted(-22) })).replayed).toBe(false)
      await expect(send({ key: minted(-24) })).rejects.toMatchObject({ code: 'key_expired' })
      await expect(send({ key: minted(1) })).rejects.toMatchObject({ code: 'key_from_future' })
    }
  }
  expect(await world.effects()).toBe(4)
})
