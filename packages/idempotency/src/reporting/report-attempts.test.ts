import { expect, test } from 'vitest'
import { IdempotencyError } from '../idempotency-error.ts'
import { createWorld, Declined, make, type Wrap } from '../test-world.ts'
import type { AttemptReport } from './report-attempts.ts'

/** A server that records its reports. */
async function reportingWorld() {
  const world = await createWorld()
  const reports: AttemptReport[] = []
  const onAttempt = (report: AttemptReport) => void reports.push(report)
  return {
    world,
    reports,
    newServer: (settings: Parameters<typeof world.newServer>[0] = {}) =>
      world.newServer({ ...settings, onAttempt }),
    outcomes: () => reports.map(({ outcome }) => outcome),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

for (const form of ['run', 'batched'] as const) {
  test(`each attempt is reported once, with how it ended (${form})`, async () => {
    await using it = await reportingWorld()
    const send = it.newServer()[form]
    await send({ key: 'k' })
    await send({ key: 'k' })
    await send({ key: 'k', input: { title: 'Buy tea' } }).catch(() => undefined)
    expect(it.outcomes()).toEqual(['executed', 'replayed', 'refused'])
    const [executed, replayed, refused] = it.reports
    expect(executed).toMatchObject({ owner: 'ann', operation: 'make' })
    expect(executed?.keyHash()).toMatch(/^[0-9a-f]{12}$/)
    expect(replayed?.keyHash()).toBe(executed?.keyHash())
    expect([executed?.replayAgeMs, refused?.replayAgeMs]).toEqual([undefined, undefined])
    expect(replayed?.replayAgeMs).toBeLessThan(20_000)
    expect(refused?.error).toMatchObject({ code: 'key_reused' })
    for (const { durationMs, ambiguousCommit } of it.reports) {
      expect(durationMs).toBeGreaterThan(0)
      expect(ambiguousCommit).toBeUndefined()
    }
  })

  test(`the age at replay is that of the record, on the clock of the database (${form})`, async () => {
    await using it = await reportingWorld()
    const send = it.newServer()[form]
    await send({ key: 'k' })
    await it.world.admin.query(
      `update idempotency_record set created_at = created_at - interval '90 minutes'`,
    )
    await send({ key: 'k' })
    const { replayAgeMs = 0 } = it.reports[1] ?? {}
    expect(Math.round(replayAgeMs / 60_000)).toBe(90)
  })

  test(`exactly one of a hundred attempts with one key is executed and the others are replayed (${form})`, async () => {
    await using it = await reportingWorld()
    const servers = [it.newServer()[form], it.newServer()[form]]
    await Promise.all(
      servers.flatMap((send) => Array.from({ length: 50 }, () => send({ key: 'k' }))),
    )
    const counts = Object.groupBy(it.outcomes(), (outcome) => outcome)
    expect([counts.executed?.length, counts.replayed?.length]).toEqual([1, 99])
  })
}

test('duplicates that share a replay are as old as it', async () => {
  await using it = await reportingWorld()
  const { run } = it.newServer()
  await run({ key: 'k' })
  await it.world.admin.query(
    `update idempotency_record set created_at = created_at - interval '90 minutes'`,
  )
  await Promise.all([run({ key: 'k' }), run({ key: 'k' }), run({ key: 'k' })])
  const minutes = it.reports.slice(1).map(({ replayAgeMs = 0 }) => Math.round(replayAgeMs / 60_000))
  expect(minutes).toEqual([90, 90, 90])
})

test('a stored refusal is refused the first time and replayed afterwards', async () => {
  await using it = await reportingWorld()
  const { run } = it.newServer()
  const decline = async () => {
    throw new Declined('not_found')
  }
  await run({ key: 'k' }, decline).catch(() => undefined)
  await run({ key: 'k' }, decline).catch(() => undefined)
  expect(it.outcomes()).toEqual(['refused', 'replayed'])
  expect(it.reports[0]?.storedError).toMatchObject({ text: '{"code":"not_found"}' })
})

test('an error of the effect is a refusal, reported with the error', async () => {
  await using it = await reportingWorld()
  const error = new Error('a bug')
  const failing = it.newServer().run({ key: 'k' }, () => Promise.reject(error))
  await expect(failing).rejects.toBe(error)
  expect(it.reports).toMatchObject([{ outcome: 'refused', error, storedError: undefined }])
})

test('an attempt that waited for a claim reports how long, and is in flight after a timeout', async () => {
  await using it = await reportingWorld()
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const slow = it.newServer().run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('k')(tx)
  })
  await claimed.promise
  const other = it.newServer()
  await expect(other.run({ key: 'k' })).rejects.toBeInstanceOf(IdempotencyError)
  release.resolve()
  await slow
  expect(it.outcomes()).toEqual(['in_flight', 'executed'])
  const [waiter, holder] = it.reports
  expect(waiter?.claimWaitMs).toBeGreaterThan(1_400)
  expect(holder?.claimWaitMs).toBeLessThan(1_400)
})

test('a duplicate in this process has waited for as long as the attempt that it shared', async () => {
  await using it = await reportingWorld()
  const { run } = it.newServer()
  const first = run({ key: 'k' }, async (tx) => {
    await tx.query('select pg_sleep(0.3)')
    return make('k')(tx)
  })
  await Promise.all([first, run({ key: 'k' })])
  const twin = it.reports.find(({ outcome }) => outcome === 'replayed')
  expect(twin?.claimWaitMs).toBeGreaterThan(290)
})

test('an attempt alone in a batch waits for no other', async () => {
  await using it = await reportingWorld()
  await it.newServer().batched({ key: 'k' })
  expect(it.reports).toMatchObject([{ outcome: 'executed', claimWaitMs: undefined }])
})

test('a database that stays away is unavailable, and no commit is ambiguous', async () => {
  await using it = await reportingWorld()
  const { run } = it.newServer({ transact: () => () => Promise.reject(coded('ECONNREFUSED')) })
  await run({ key: 'k' }).catch(() => undefined)
  expect(it.reports).toMatchObject([{ outcome: 'unavailable', ambiguousCommit: undefined }])
})

test.for([
  { lost: 1, arrived: true, resolved: 'replayed' },
  { lost: 1, arrived: false, resolved: 'executed' },
  { lost: 3, arrived: false, resolved: 'unresolved' },
])('an ambiguous commit is reported with its outcome: $resolved', async (commit) => {
  await using it = await reportingWorld()
  const { run } = it.newServer({ transact: losing(commit) })
  await run({ key: 'k' }).catch(() => undefined)
  expect(it.reports).toMatchObject([{ ambiguousCommit: commit.resolved }])
})

test('an ambiguous commit is reported once, also when duplicates shared it', async () => {
  await using it = await reportingWorld()
  const { run } = it.newServer({ transact: losing({ lost: 3, arrived: false }) })
  await Promise.allSettled([run({ key: 'k' }), run({ key: 'k' }), run({ key: 'k' })])
  expect(it.outcomes()).toEqual(['unavailable', 'unavailable', 'unavailable'])
  expect(it.reports.flatMap(({ ambiguousCommit }) => ambiguousCommit ?? [])).toEqual(['unresolved'])
})

test('an ambiguous commit of the last try is reported too', async () => {
  await using it = await reportingWorld()
  const codes = ['40001', '40001', 'ECONNRESET']
  const { run } = it.newServer({
    transact: (transact) => (work) =>
      transact(async (tx, query) => {
        await work(tx, query)
        throw coded(codes.shift() ?? '')
      }),
  })
  await run({ key: 'k' }).catch(() => undefined)
  expect(it.reports).toMatchObject([{ outcome: 'unavailable', ambiguousCommit: 'unresolved' }])
})

test.for([
  { arrived: true, resolved: 'replayed' },
  { arrived: false, resolved: 'executed' },
])(
  'an ambiguous commit of a batch is reported for each of its members: $resolved',
  async ({ arrived, resolved }) => {
    await using it = await reportingWorld()
    const { batched, lanes } = it.newServer()
    const { query } = lanes
    Object.assign(lanes, {
      async query(...sent: Parameters<typeof query>) {
        if (arrived) await query(...sent)
        throw coded('ECONNRESET')
      },
    })
    await Promise.all([batched({ key: 'k1' }), batched({ key: 'k2' }), batched({ key: 'k2' })])
    const reported = it.reports.map((report) => [report.outcome, report.ambiguousCommit])
    // A duplicate has no commit of its own.
    expect(reported).toHaveLength(3)
    expect(reported.filter(([, each]) => each === resolved)).toHaveLength(2)
    expect(reported).toContainEqual(['replayed', undefined])
  },
)

test('a report that throws does not turn a committed attempt into a failure', async () => {
  await using world = await createWorld()
  const warned = new Promise((resolve) => process.once('warning', resolve))
  const { run } = world.newServer({
    onAttempt: () => {
      throw new Error('cannot count')
    },
  })
  expect(await run({ key: 'k' })).toMatchObject({ replayed: false })
  expect(await warned).toMatchObject({ message: 'An attempt could not be reported (Error).' })
})

type Commit = { readonly lost: number; readonly arrived: boolean }

/** Loses the answer to some commits, after they arrived or on the way there. */
function losing({ lost, arrived }: Commit): Wrap {
  let left = lost
  return (transact) => async (work) => {
    const result = await transact(async (tx, query) => {
      const worked = await work(tx, query)
      if (!arrived && left-- > 0) throw coded('ECONNRESET')
      return worked
    })
    if (arrived && left-- > 0) throw coded('ECONNRESET')
    return result
  }
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code })
}
