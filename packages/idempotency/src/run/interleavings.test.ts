import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createBatch } from '../batch/batch.ts'
import type { BatchSettings, Statement, Unsettled } from '../batch/batch-settings.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { fingerprintOf } from '../json.ts'
import { type Claim, expectCallers, type Outcome, wasDropped } from '../records/claim.ts'
import { keyPolicy } from '../records/key-policy.ts'
import { fromFuture, type IdempotencyRecord, replay } from '../records/records.ts'
import { createSingleFlight, HeldKeys, type SingleFlight } from './single-flight.ts'

/** Some seconds in a test run, and minutes in a proof. */
const interleavings = process.env.IDEM_PROVE === 'true' ? 1_000_000 : 4_000
/** Fixed in a test run, new in a proof; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED)

vi.setConfig({ testTimeout: 120_000 + 5 * interleavings })

/** The fate of one exchange with the database. */
const fates = ['done', 'done', 'done', 'never arrives', 'answer lost', 'refused'] as const
type Fate = (typeof fates)[number]

/** A UUIDv7 that is ten minutes ahead of the model's clock, until its window opens. */
const aheadKey = '00000009-27c0-7000-8000-000000000000'
/** The key under which its client sends the intent again after that refusal. */
const mintedAgain = 'minted again'

/**
 * Sent to one of three servers. `poison` cannot be prepared, `bread` has no effect, because it exists already,
 * and `escape` commits its claim itself, without an answer.
 */
type Sent = {
  readonly server: number
  readonly key: string
  readonly input: string
  /** At some time before its answer, or after. */
  readonly leaves: boolean
}
type Result = Sent & { readonly received: Outcome | Error }

const sent: fc.Arbitrary<Sent> = fc.record({
  server: fc.nat(2),
  key: fc.constantFrom('k1', 'k1', 'k2', 'k3', aheadKey),
  input: fc.constantFrom('milk', 'milk', 'tea', 'bread', 'poison', 'escape'),
  leaves: fc.constantFrom(false, false, true),
})

/** A todo is created, or one is added to a counter: an effect that follows from the call, and one that depends on what is stored. */
const kinds = [
  { effects: 'creates', batchOn: createsOn },
  { effects: 'changes of two rows', batchOn: changesOn },
]

test.for(kinds)(
  `in ${interleavings} interleavings of $effects no key has two effects, and every attempt whose caller waits is answered alike (seed ${seed})`,
  async ({ batchOn }) => {
    const executions = { ...noCounts }
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(sent, { minLength: 2, maxLength: 8 }),
        fc.infiniteStream(fc.constantFrom(...fates)),
        fc.nat(12),
        async (scheduler, attempts, fate, opensAfter) => {
          const nextFate = () => fate.next().value
          const database = createModel({ scheduler, nextFate, opensAfter })
          const serverOf = (fly: SingleFlight, mostFlying: number) =>
            createServer(database, { batch: batchOn(database), fly, mostFlying })
          const servers = [
            serverOf(createSingleFlight(60_000), 1),
            serverOf(createSingleFlight(60_000), 1),
            serverOf((_, run) => run(), attempts.length),
          ]
          const all = attempts.map(async (attempt): Promise<Result[]> => {
            await scheduler.schedule(Promise.resolve(), 'arrives')
            const caller = new AbortController()
            const leave = () => caller.abort()
            if (attempt.leaves) void scheduler.schedule(Promise.resolve(), 'leaves').then(leave)
            const send = async (each: Sent): Promise<Result> => {
              const received = await servers[each.server]?.(each, caller.signal).catch(
                (error: Error) => error,
              )
              if (wasDropped(received)) database.counts.dropped += 1
              if (received === undefined) throw new RangeError('There is no such server.')
              return { ...each, received }
            }
            const first = await send(attempt)
            if (!isFromFuture(first)) return [first]
            return [first, await send({ ...attempt, key: mintedAgain })]
          })
          check((await scheduler.waitFor(Promise.all(all))).flat(), database)
          for (const kind of Object.keys(executions) as (keyof typeof executions)[]) {
            executions[kind] += database.counts[kind]
          }
        },
      ),
      { seed, numRuns: interleavings },
    )
    // A model in which one of them never happens would prove nothing about it.
    for (const [kind, count] of Object.entries(executions)) {
      expect(count, kind).toBeGreaterThan(interleavings / 20)
    }
  },
)

function check(results: readonly Result[], { effects, records, counters, crowded }: Model): void {
  expect(crowded).toEqual([])
  // No change is lost: each counts once, and each answer has another number.
  for (const [name, value] of counters) {
    const answers = [...records.values()].filter(
      ({ input, answer }) => input === name && answer !== null,
    )
    expect(new Set(answers.map(({ answer }) => answer)).size).toBe(value)
    expect(effects.filter(({ input }) => input === name)).toHaveLength(value)
  }
  // The intent of a key that was minted again.
  const names = new Set(effects.map(({ key }) => key))
  expect([aheadKey, mintedAgain].filter((key) => names.has(key)).length).toBeLessThan(2)
  for (const [key, attempts] of Map.groupBy(results, (each) => each.key)) {
    const had = effects.filter((effect) => effect.key === key)
    const dropped = attempts.filter((each) => wasDropped(each.received))
    expect(dropped.filter(({ leaves }) => !leaves)).toEqual([])
    const sound = attempts.filter((each) => each.input !== 'poison' && !dropped.includes(each))
    const record = records.get(key)
    expect(record !== undefined).toBe(sound.length > 0)
    const isWithoutEffect = record?.input === 'bread' || record?.refusal !== null
    expect(had).toHaveLength(isWithoutEffect ? 0 : 1)
    const executed = sound.filter(
      ({ received }) => !(received instanceof Error) && !received.replayed,
    )
    expect(executed.length).toBeLessThan(2)
    for (const { input, received } of sound) {
      if (input === record?.input) {
        const { answer, refusal } = record
        const ended = answer === null ? escaped : { kind: 'answer', text: answer }
        expect(received).toMatchObject(refusal ? { code: 'key_from_future' } : ended)
      } else expect(received).toMatchObject({ name: 'IdempotencyError', code: 'key_reused' })
    }
    for (const { input, received } of attempts) {
      if (input === 'poison') expect(received).toBeInstanceOf(Error)
    }
  }
}

function isFromFuture({ received }: Result): boolean {
  return received instanceof IdempotencyError && received.code === 'key_from_future'
}

const escaped = { name: 'IdempotencyError', code: 'effect_escaped' }

type Model = ReturnType<typeof createModel>

type ModelRecord = IdempotencyRecord & { readonly input: string }
type ModelClaim = ModelRecord & { readonly key: string }

/** `joined`: why it did not end in a batch. */
type Alone = {
  readonly claim: Claim
  readonly draft: Sent
  readonly joined: Unsettled
  readonly answerTo: ModelBatch['answerTo']
}

type ModelBatch = {
  readonly settings: Omit<BatchSettings<Sent>, 'held'>
  /** Has the effect of an attempt that runs alone. */
  readonly answerTo: (draft: Sent) => string
}

/** The table of the records with its unique key, and the effects, which no constraint limits. */
function createModel({
  scheduler,
  nextFate,
  opensAfter,
}: {
  scheduler: fc.Scheduler
  nextFate: () => Fate
  /** The number of exchanges after which the window of the key that is ahead opens. */
  opensAfter: number
}) {
  const records = new Map<string, ModelRecord>()
  const effects: { readonly key: string; readonly input: string }[] = []
  const counters = new Map<string, number>()
  const counts = { ...noCounts }
  let exchanges = 0
  const isOutside = (key: string) => key === aheadKey && exchanges < opensAfter && !records.has(key)
  const crowded: string[] = []
  const turn = (label: string) => scheduler.schedule(Promise.resolve(), label)

  /** Other exchanges may overtake it in both directions, or it is lost. */
  async function exchange<T>(name: string, work: () => Promise<T>): Promise<T> {
    const fate: Fate = nextFate()
    exchanges += 1
    await turn(`${name} goes`)
    if (fate === 'never arrives') throw new Error('lost')
    // A row or a lock of one member fails the batch: nothing of it is committed.
    if (fate === 'refused' && name === 'batch') throw new Error('refused')
    const result = await work()
    await turn(`${name} comes back`)
    if (fate !== 'answer lost') return result
    counts.lost += 1
    throw new Error('lost')
  }

  const counterOf = (name: string) => counters.get(name) ?? 0

  function commit({ key, ...record }: ModelClaim): void {
    records.set(key, record)
    if (record.input !== 'bread' && record.refusal === null)
      effects.push({ key, input: record.input })
  }

  /** Reads the known records before it claims, as the statement does: another attempt may commit in between. */
  function statement<SentClaim extends ModelClaim>(
    claims: readonly SentClaim[],
    execute: (claim: SentClaim) => Record<string, unknown> | undefined,
  ): Promise<Record<string, unknown>[]> {
    return exchange('batch', async () => {
      const known = claims.map(({ key }) => records.get(key))
      await turn('batch claims')
      const free = new Set(claims.flatMap(({ key }) => (records.has(key) ? [] : key)))
      const rows = claims.flatMap((claim, at) => {
        const found = known[at]
        if (found !== undefined) return { at: at + 1, state: 'known', ...found }
        // Joined by its key: two attempts with one key would both be executed.
        const row = free.has(claim.key) ? execute(claim) : undefined
        return row === undefined ? [] : { at: at + 1, ...row }
      })
      return rows.reverse()
    })
  }

  return {
    records,
    effects,
    counters,
    counts,
    /** Keys under which a server ran more attempts at once than it should. */
    crowded,
    create: (claims: readonly ModelClaim[]) =>
      statement(claims, (claim) => {
        if (claim.input === 'bread' || claim.input === 'escape') return undefined
        if (isOutside(claim.key)) return undefined
        commit(claim)
        counts.batch += 1
        return { state: 'executed' }
      }),
    read: (claims: readonly ModelClaim[], existing: (input: string) => string | undefined) =>
      statement(claims, ({ key, input }) => {
        if (isOutside(key)) return { state: 'outside', server_time: serverTime }
        const found = existing(input)
        return found === undefined ? undefined : { state: 'taken', existing: found }
      }),
    /** Compares all counters before it changes one, as the statement does: two members of one row would both be executed. */
    change(claims: readonly (ModelClaim & { readonly read: number })[]) {
      const unchanged = new Map<object, boolean>()
      return statement(claims, (claim) => {
        if (unchanged.size === 0) {
          for (const each of claims) unchanged.set(each, each.read === counterOf(each.input))
        }
        if (!unchanged.get(claim) || isOutside(claim.key)) return undefined
        counters.set(claim.input, claim.read + 1)
        commit(claim)
        counts.batch += 1
        return { state: 'executed' }
      })
    },
    counterOf,
    store: (claims: readonly ModelClaim[]) =>
      statement(claims, (claim) => {
        if (isOutside(claim.key)) return undefined
        commit(claim)
        counts.decided += 1
        return { state: 'executed' }
      }),
    /** An attempt that runs alone, retried until its end is known. */
    async alone({ claim, draft, joined, answerTo }: Alone): Promise<Outcome> {
      for (let ambiguous = joined === 'ambiguous'; ; ambiguous = true) {
        try {
          const outcome = await exchange('alone', async () => {
            if (!ambiguous) expectCallers(claim)
            const found = records.get(claim.key)
            if (found !== undefined) return replay({ ...found, server_time: serverTime }, claim)
            if (isOutside(claim.key)) {
              const record = { ...recordOf(claim, null), refusal: fromFuture }
              commit({ ...record, key: claim.key, input: draft.input })
              counts.refused += 1
              return undefined
            }
            if (draft.input === 'poison') throw new TypeError('poison')
            if (draft.input === 'escape') {
              commit({ ...recordOf(claim, null), key: claim.key, input: draft.input })
              counts.escaped += 1
              throw new IdempotencyError('effect_escaped')
            }
            const text = draft.input === 'bread' ? bread : answerTo(draft)
            commit({ ...recordOf(claim, text), key: claim.key, input: draft.input })
            counts.alone += 1
            return { kind: 'answer', text, replayed: false } as const
          })
          // After its commit.
          if (outcome === undefined) throw new IdempotencyError('key_from_future')
          return outcome
        } catch (error) {
          if (error instanceof IdempotencyError || error instanceof TypeError) throw error
        }
      }
    },
  }
}

/**
 * Wired as in `createIdempotency`, on the model instead of a database. Also without
 * single-flight, since a batch must be correct without it.
 */
function createServer(
  database: Model,
  { batch, fly, mostFlying }: { batch: ModelBatch; fly: SingleFlight; mostFlying: number },
) {
  const join = createBatch<Sent>({
    ...batch.settings,
    held: new HeldKeys({ most: 10, keptMs: 0 }),
  })
  let flying: string[] = []

  return async (draft: Sent, signal: AbortSignal): Promise<Outcome> => {
    const { key, input } = draft
    const fingerprint = fingerprintOf('make', input)
    const claim = { owner: 'ann', operation: 'make', key, fingerprint, callers: [signal] }
    let flew = false
    const outcome = await fly(claim, async () => {
      flew = true
      flying.push(key)
      if (flying.filter((each) => each === key).length > mostFlying) database.crowded.push(key)
      try {
        const joined = await join(claim, draft)
        if (typeof joined === 'object') return joined
        return await database.alone({ claim, draft, joined, answerTo: batch.answerTo })
      } finally {
        flying = flying.toSpliced(flying.indexOf(key), 1)
      }
    })
    if (!flew) database.counts.shared += 1
    return outcome
  }
}

const plainBatch = {
  name: 'make',
  policy: keyPolicy({}),
  now: () => new Date(0),
  toJson: (answer: unknown) => answer,
  errors: {},
  codeOf: (error: unknown) => (Object(error).message === 'refused' ? '23505' : 'connection_lost'),
}

function createsOn(database: Model): ModelBatch {
  return {
    answerTo: madeAnswer,
    settings: {
      ...plainBatch,
      definition: {
        columns: { input: 'text' },
        taken: 'false',
        insert: 'select',
        whenTaken: { existing: 'null', answer: (_, existing) => existing },
        prepare(draft) {
          if (draft.input === 'poison') throw new TypeError('poison')
          return { row: { input: draft.input }, answer: JSON.parse(madeAnswer(draft)) }
        },
      },
      pool: {
        async query(statement, pool) {
          if (pool === 'parts') database.counts.split += 1
          const { form, claims } = claimsOf(statement)
          if (form === 'store') return database.store(claims)
          if (form !== 'read') return database.create(claims)
          return database.read(claims, (input) => (input === 'bread' ? bread : undefined))
        },
      },
    },
  }
}

function changesOn(database: Model): ModelBatch {
  const raised = (input: string, read: number) => JSON.stringify({ input, value: read + 1 })
  return {
    answerTo({ input }) {
      const read = database.counterOf(input)
      database.counters.set(input, read + 1)
      return raised(input, read)
    },
    settings: {
      ...plainBatch,
      definition: {
        columns: { input: 'text', read: 'float8' },
        existing: '',
        unchanged: '',
        update: '',
        find({ input }) {
          if (input === 'poison') throw new TypeError('poison')
          return { row: { input }, identity: input }
        },
        change({ input }, existing) {
          if (input === 'bread') return { answer: JSON.parse(bread) }
          const read = Number(existing)
          return { answer: JSON.parse(raised(input, read)), row: { input, read } }
        },
      },
      pool: {
        async query(statement, pool) {
          if (pool === 'parts') database.counts.split += 1
          const { form, claims, others } = claimsOf(statement)
          if (form === 'store') return database.store(claims)
          if (form === 'read') {
            const existing = (input: string) => `${database.counterOf(input)}`
            return database.read(claims, (input) =>
              input === 'escape' ? undefined : existing(input),
            )
          }
          const [reads = []] = others
          return database.change(claims.map((claim, at) => ({ ...claim, read: Number(reads[at]) })))
        },
      },
    },
  }
}

/** The claims of a statement: one attempt brings bare values, several bring arrays. */
function claimsOf({ name, values: [, ...columns] }: Statement) {
  const form = name.split('_')[1]
  const arrays = form === 'lone' ? columns.map((value) => [value]) : columns
  const [, keys, , fingerprints, , answers, inputs, ...others] = arrays as unknown[][]
  const claims = (keys ?? []).map((key, at) => ({
    ...recordOf({ fingerprint: String(fingerprints?.[at]) }, String(answers?.[at])),
    key: String(key),
    // A statement that stores has the text of a refusal in this place.
    input: form === 'store' ? 'bread' : String(inputs?.[at]),
  }))
  return { form, claims, others }
}

function recordOf(
  { fingerprint }: Pick<Claim, 'fingerprint'>,
  answer: string | null,
): IdempotencyRecord {
  return {
    operation: 'make',
    fingerprint,
    answer,
    refusal: null,
    cancelled: false,
    created_at: new Date(0).toISOString(),
  }
}

const noCounts = {
  batch: 0,
  alone: 0,
  lost: 0,
  shared: 0,
  split: 0,
  decided: 0,
  dropped: 0,
  refused: 0,
  escaped: 0,
}

const serverTime = new Date(0).toISOString()

/** The answer of the effect that exists already. */
const bread = '{"input":"bread","id":0}'

let minted = 0

/** Like an id that the server mints: a second execution gives another answer. */
function madeAnswer({ input }: Sent): string {
  minted += 1
  return JSON.stringify({ input, id: minted })
}
