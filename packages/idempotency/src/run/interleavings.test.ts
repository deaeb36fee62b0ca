import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createBatch } from '../batch/batch.ts'
import type { Unsettled } from '../batch/batch-member.ts'
import type { BatchSettings } from '../batch/batch-settings.ts'
import { RecentNames } from '../batch/recent-names.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { fingerprintOf } from '../records/fingerprint.ts'
import { keyPolicy } from '../records/key-policy.ts'
import type { Outcome } from '../records/outcome.ts'
import { type Claim, type IdempotencyRecord, replay } from '../records/records.ts'
import { expectCallers, wasDropped } from './callers.ts'
import { createSingleFlight } from './single-flight.ts'

/** Some ten seconds in every run of the tests, and minutes in a proof. */
const interleavings = process.env.IDEM_PROVE === 'true' ? 1_000_000 : 20_000
/** Another one each day, so that in time many are tried; the one of a failure by IDEM_TEST_SEED. */
const seed = Number(process.env.IDEM_TEST_SEED) || Math.floor(Date.now() / 86_400_000)

vi.setConfig({ testTimeout: 120_000 + 5 * interleavings })

/** What becomes of one exchange with the database. */
const fates = ['done', 'done', 'done', 'never arrives', 'answer lost', 'refused'] as const
type Fate = (typeof fates)[number]

/** Sent to one of three servers; `poison` cannot be prepared, and what `bread` would make exists already. */
type Sent = {
  readonly server: number
  readonly key: string
  readonly input: string
  /** At some time before it is answered, or after. */
  readonly leaves: boolean
}
type Heard = Sent & { readonly heard: Outcome | Error }

const sent: fc.Arbitrary<Sent> = fc.record({
  server: fc.nat(2),
  key: fc.constantFrom('k1', 'k1', 'k2', 'k3'),
  input: fc.constantFrom('milk', 'milk', 'tea', 'bread', 'poison'),
  leaves: fc.constantFrom(false, false, true),
})

test(`in ${interleavings} interleavings no key has two effects, and every attempt whose caller waits is answered alike (seed ${seed})`, async () => {
  const executions = { batch: 0, alone: 0, lost: 0, shared: 0, split: 0, decided: 0, dropped: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(sent, { minLength: 2, maxLength: 8 }),
      fc.infiniteStream(fc.constantFrom(...fates)),
      async (scheduler, attempts, fate) => {
        const database = createModel(scheduler, () => fate.next().value)
        const servers = [
          createServer(database, { fly: createSingleFlight(), mostFlying: 1 }),
          createServer(database, { fly: createSingleFlight(), mostFlying: 1 }),
          createServer(database, { fly: (_, run) => run(), mostFlying: attempts.length }),
        ]
        const all = attempts.map(async (attempt): Promise<Heard> => {
          await scheduler.schedule(Promise.resolve(), 'arrives')
          const caller = new AbortController()
          const leave = () => caller.abort()
          if (attempt.leaves) void scheduler.schedule(Promise.resolve(), 'leaves').then(leave)
          const heard = await servers[attempt.server]?.(attempt, caller.signal).catch(
            (error: Error) => error,
          )
          if (wasDropped(heard)) database.counts.dropped += 1
          if (heard === undefined) throw new RangeError('There is no such server.')
          return { ...attempt, heard }
        })
        judge(await scheduler.waitFor(Promise.all(all)), database)
        for (const kind of Object.keys(executions) as (keyof typeof executions)[]) {
          executions[kind] += database.counts[kind]
        }
      },
    ),
    { seed, numRuns: interleavings },
  )
  // A model in which one of them never happens would prove nothing about it.
  for (const count of Object.values(executions)) expect(count).toBeGreaterThan(interleavings / 20)
})

function judge(heard: readonly Heard[], { effects, records, crowded }: Model): void {
  expect(crowded).toEqual([])
  for (const [key, attempts] of Map.groupBy(heard, (each) => each.key)) {
    const made = effects.filter((effect) => effect.key === key)
    const dropped = attempts.filter((each) => wasDropped(each.heard))
    expect(dropped.filter(({ leaves }) => !leaves)).toEqual([])
    const sound = attempts.filter((each) => each.input !== 'poison' && !dropped.includes(each))
    const record = records.get(key)
    expect(record !== undefined).toBe(sound.length > 0)
    expect(made).toHaveLength(record === undefined || record.input === 'bread' ? 0 : 1)
    const executed = sound.filter((each) => !(each.heard instanceof Error) && !each.heard.replayed)
    expect(executed.length).toBeLessThan(2)
    for (const { input, heard: told } of sound) {
      if (input === record?.input) {
        expect(told).toMatchObject({ kind: 'answer', text: record?.answer })
      } else expect(told).toMatchObject({ name: 'IdempotencyError', code: 'key_reused' })
    }
    for (const { input, heard: told } of attempts) {
      if (input === 'poison') expect(told).toBeInstanceOf(Error)
    }
  }
}

type Model = ReturnType<typeof createModel>

type ModelRecord = IdempotencyRecord & { readonly input: string }
type ModelClaim = ModelRecord & { readonly key: string }

/** With why it did not go in a batch. */
type Alone = { readonly claim: Claim; readonly draft: Sent; readonly joined: Unsettled }

/** The table of the records with its unique key, and the effects, which nothing keeps from being two. */
function createModel(scheduler: fc.Scheduler, nextFate: () => Fate) {
  const records = new Map<string, ModelRecord>()
  const effects: { readonly key: string; readonly input: string }[] = []
  const counts = { batch: 0, alone: 0, lost: 0, shared: 0, split: 0, decided: 0, dropped: 0 }
  const crowded: string[] = []
  const turn = (what: string) => scheduler.schedule(Promise.resolve(), what)

  /** On the way there and on the way back anything may overtake it, or it is lost. */
  async function exchange<T>(what: string, work: () => Promise<T>): Promise<T> {
    const fate: Fate = nextFate()
    await turn(`${what} goes`)
    if (fate === 'never arrives') throw new Error('lost')
    // A batch, by a row or a lock of one of its members: nothing of it is committed.
    if (fate === 'refused' && what === 'batch') throw new Error('refused')
    const result = await work()
    await turn(`${what} comes back`)
    if (fate !== 'answer lost') return result
    counts.lost += 1
    throw new Error('lost')
  }

  function commit({ key, ...record }: ModelClaim): void {
    records.set(key, record)
    if (record.input !== 'bread') effects.push({ key, input: record.input })
  }

  /** Reads what is known before it claims, as the statement does: in between another may commit. */
  function statement(
    claims: readonly ModelClaim[],
    execute: (claim: ModelClaim) => Record<string, unknown> | undefined,
  ): Promise<Record<string, unknown>[]> {
    return exchange('batch', async () => {
      const known = claims.map(({ key }) => records.get(key))
      await turn('batch claims')
      const free = new Set(claims.flatMap(({ key }) => (records.has(key) ? [] : key)))
      const rows = claims.flatMap((claim, at) => {
        const found = known[at]
        if (found !== undefined) return { at: at + 1, state: 'known', ...found }
        // Joined by its key: of two attempts with one key both would be made.
        const row = free.has(claim.key) ? execute(claim) : undefined
        return row === undefined ? [] : { at: at + 1, ...row }
      })
      return rows.reverse()
    })
  }

  return {
    records,
    effects,
    counts,
    /** Keys of which a server had more attempts under way than it should. */
    crowded,
    batch: (claims: readonly ModelClaim[]) =>
      statement(claims, (claim) => {
        if (claim.input === 'bread') return undefined
        commit(claim)
        counts.batch += 1
        return { state: 'executed' }
      }),
    judge: (claims: readonly ModelClaim[]) =>
      statement(claims, ({ input }) =>
        input === 'bread' ? { state: 'taken', existing: bread } : undefined,
      ),
    store: (claims: readonly ModelClaim[]) =>
      statement(claims, (claim) => {
        commit(claim)
        counts.decided += 1
        return { state: 'executed' }
      }),
    /** The general form, retried as it is: until its end is known. */
    async alone({ claim, draft, joined }: Alone): Promise<Outcome> {
      for (let ambiguous = joined === 'ambiguous'; ; ambiguous = true) {
        try {
          return await exchange('alone', async () => {
            if (!ambiguous) expectCallers(claim)
            const found = records.get(claim.key)
            if (found !== undefined) return replay(found, claim)
            if (draft.input === 'poison') throw new TypeError('poison')
            const text = draft.input === 'bread' ? bread : answerTo(draft)
            commit({ ...recordOf(claim, text), key: claim.key, input: draft.input })
            counts.alone += 1
            return { kind: 'answer', text, replayed: false }
          })
        } catch (error) {
          if (error instanceof IdempotencyError || error instanceof TypeError) throw error
        }
      }
    },
  }
}

/**
 * Put together as in `createIdempotency`, on the model in place of a database; also
 * without single-flight, since a batch must be right whatever stands before it.
 */
function createServer(
  database: Model,
  { fly, mostFlying }: { fly: ReturnType<typeof createSingleFlight>; mostFlying: number },
) {
  const join = createBatch<Sent>(batchOn(database), {
    codeOf: (error) => (Object(error).message === 'refused' ? '23505' : 'connection_lost'),
    held: new RecentNames({ most: 10, keptMs: 0 }),
  })
  let flying: string[] = []

  return async (draft: Sent, signal: AbortSignal): Promise<Outcome> => {
    const { key, input } = draft
    const fingerprint = fingerprintOf('make', input)
    const claim = { owner: 'ann', operation: 'make', key, input, fingerprint, callers: [signal] }
    let flew = false
    const outcome = await fly(claim, async () => {
      flew = true
      flying.push(key)
      if (flying.filter((each) => each === key).length > mostFlying) database.crowded.push(key)
      try {
        const joined = await join(claim, draft)
        if (typeof joined === 'object') return joined
        return await database.alone({ claim, draft, joined })
      } finally {
        flying = flying.toSpliced(flying.indexOf(key), 1)
      }
    })
    if (!flew) database.counts.shared += 1
    return outcome
  }
}

function batchOn(database: Model): BatchSettings<Sent> {
  return {
    operation: 'make',
    policy: keyPolicy({}),
    now: () => new Date(0),
    answer: { parse: (value) => value },
    errors: {},
    effect: {
      columns: { input: 'text' },
      taken: 'false',
      insert: 'select',
      whenTaken: { existing: 'null', answer: (_, existing) => existing },
      prepare(draft) {
        if (draft.input === 'poison') throw new TypeError('poison')
        return { row: { input: draft.input }, answer: JSON.parse(answerTo(draft)) }
      },
    },
    query: ({ name, values: [, , ...columns] }, lane) => {
      if (lane === 'parts') database.counts.split += 1
      // One attempt comes bare, several come in arrays.
      const arrays = name.includes('lone') ? columns.map((value) => [value]) : columns
      const [, keys, fingerprints, , answers, inputs] = arrays as unknown[][]
      const isStore = name.includes('store')
      const form = name.includes('judge') ? 'judge' : 'batch'
      return database[isStore ? 'store' : form](
        (keys ?? []).map((key, at) => ({
          ...recordOf({ fingerprint: fingerprints?.[at] as Uint8Array }, String(answers?.[at])),
          key: String(key),
          input: isStore ? 'bread' : String(inputs?.[at]),
        })),
      )
    },
  }
}

function recordOf({ fingerprint }: Pick<Claim, 'fingerprint'>, answer: string): IdempotencyRecord {
  return {
    operation: 'make',
    fingerprint,
    answer,
    refusal: null,
    cancelled: false,
    created_at: new Date(0).toISOString(),
  }
}

/** What exists already, as its answer. */
const bread = '{"input":"bread","id":0}'

let minted = 0

/** Like an id that the server mints: made twice, it is not the same answer. */
function answerTo({ input }: Sent): string {
  minted += 1
  return JSON.stringify({ input, id: minted })
}
