import { expect, test } from 'vitest'
import type { KeyName } from '../intent.ts'
import { mintedAt } from '../intent.ts'
import type { AttemptReport } from '../reporting/report-attempts.ts'
import { createWorld, make, type World, type Wrap } from '../test-world.ts'

const keyless = { key: undefined }

test.for(['run', 'batched'] as const)(
  'attempts without a key are intents of their own, each with a record (%s)',
  async (form) => {
    await using world = await createWorld()
    const reports: AttemptReport[] = []
    const server = world.newServer({ onAttempt: (report) => void reports.push(report) })
    const send = (name: string) =>
      form === 'run'
        ? server.run(keyless, make(name))
        : server.batched(keyless, { name: `batched ${name}` })
    const answers = [await send('a'), await send('b'), await server.run({ key: 'k' })]
    expect(answers.map(({ replayed }) => replayed)).toEqual([false, false, false])
    expect(await world.effects()).toBe(3)
    expect(await keysIn(world)).toHaveLength(3)
    expect(reports.map((report) => report.keyless)).toEqual([true, true, false])
  },
)

test('the key of such an attempt is time-ordered by the clock of the database, and opaque without one', async () => {
  await using world = await createWorld()
  const { rows } = await world.admin.query('select clock_timestamp() as now')
  const now: Date = rows[0].now
  const named = async (_: unknown, name: KeyName) => name
  const timed = await world.newServer({ clock: () => now }).run(keyless, named)
  const { owner, key } = timed.value as KeyName
  expect([owner, mintedAt(key)]).toEqual(['ann', now])
  expect(await keysIn(world)).toEqual([key])
  const opaque = await world.newServer().run(keyless, named)
  expect(mintedAt((opaque.value as KeyName).key)).toBeNull()
})

test.for([
  ['took place', true],
  ['never took place', false],
] as const)(
  'a commit without an answer that %s is settled by the minted key: one effect',
  async ([, arrives]) => {
    await using world = await createWorld()
    const { run } = world.newServer({ transact: losing({ commits: 1, arrives }) })
    expect(await run(keyless, make('k'))).toMatchObject({ value: { made: 'k' } })
    expect(await world.effects()).toBe(1)
  },
)

test('a batch without an answer is settled by the minted key: one effect', async () => {
  await using world = await createWorld()
  const { batched, lanes } = world.newServer()
  const { query } = lanes
  Object.assign(lanes, {
    async query(...sent: Parameters<typeof query>) {
      await query(...sent)
      throw reset()
    },
  })
  expect(await batched(keyless, { name: 'k' })).toMatchObject({ value: { made: 'k' } })
  expect(await world.effects()).toBe(1)
})

test('a person is asked after an attempt without a key that has begun; otherwise it may be sent again', async () => {
  await using world = await createWorld()
  const lost = world.newServer({ transact: losing({ commits: 3, arrives: false }) })
  await expect(lost.run(keyless, make('k'))).rejects.toMatchObject({
    code: 'unavailable',
    retry: 'ask_person',
    retryAfterMs: undefined,
    ambiguous: true,
    message: expect.not.stringContaining('send'),
  })
  const gone = lost.run(keyless, make('k'), AbortSignal.abort())
  await expect(gone).rejects.toMatchObject({ dropped: true, retry: 'same_key' })
  const away = world.newServer({ transact: () => () => Promise.reject(reset('ECONNREFUSED')) })
  await expect(away.run(keyless, make('k'))).rejects.toMatchObject({
    began: false,
    retry: 'same_key',
    retryAfterMs: 1_000,
  })
  expect(await world.effects()).toBe(0)
})

async function keysIn({ admin }: World): Promise<string[]> {
  return (await admin.query('select key from idempotency_record')).rows.map(({ key }) => key)
}

/** Loses the answer to some commits, after they arrived or on the way there. */
function losing({ commits, arrives }: { commits: number; arrives: boolean }): Wrap {
  let left = commits
  return (transact) => async (work) => {
    const result = await transact(async (tx, query) => {
      const worked = await work(tx, query)
      if (!arrives && left-- > 0) throw reset()
      return worked
    })
    if (arrives && left-- > 0) throw reset()
    return result
  }
}

function reset(code = 'ECONNRESET'): Error {
  return Object.assign(new Error(code), { code })
}

test.each([-2, 2])('without a key a clock that is %d days wrong refuses nothing', async (days) => {
  await using world = await createWorld()
  const clock = () => new Date(Date.now() + days * 86_400_000)
  await world.newServer({ clock }).run(keyless, make('a'))
  expect(await world.effects()).toBe(1)
})
