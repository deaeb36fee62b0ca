import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const run = 'packages/idempotency/src/run/run.ts'
const records = 'packages/idempotency/src/records/records.ts'
const singleFlight = 'packages/idempotency/src/run/single-flight.ts'
const outcomeOf = 'packages/idempotency/src/records/outcome-of.ts'
const prisma = 'packages/idempotency/src/prisma/prisma-adapter.ts'
const inRun = (test: string) => killingTest('packages/idempotency/src/run/run.test.ts', test)
const inBatch = (test: string) => killingTest('packages/idempotency/src/batch/batch.test.ts', test)
const inKeyOutcome = (test: string) =>
  killingTest('packages/api/src/trpc/key-outcome.test.ts', test)
const inPrisma = (test: string) => killingTest('packages/database/src/prisma.test.ts', test)

/** The claim is not sent with BEGIN. */
const claimedLater = { from: '    }, opening)', to: '    })' }

/** Whether the key is taken before the effect, together with it, and by one only. */
export const claimMutants: readonly Mutant[] = [
  {
    name: 'look-then-insert',
    fault: 'The key is looked up first and then inserted, without regard to a claim in between.',
    file: records,
    changes: [
      {
        from: `then clock_timestamp() end)
  on conflict do nothing`,
        to: 'then clock_timestamp() end)',
      },
    ],
    killedBy: inRun('a duplicate that waited for a claim which was then committed gets its answer'),
  },
  {
    name: 'claim-by-upsert',
    fault: 'An attempt that waited for a claim takes it over instead of reading its record.',
    file: records,
    changes: [
      {
        from: `then clock_timestamp() end)
  on conflict do nothing`,
        to: `then clock_timestamp() end)
  on conflict (owner_id, key) do update set operation = excluded.operation`,
      },
    ],
    killedBy: inRun('a duplicate that waited for a claim which was then committed gets its answer'),
  },
  {
    name: 'remembered-in-memory',
    fault: 'Records are kept in the memory of one process, and no other process sees them.',
    file: run,
    changes: [
      claimedLater,
      {
        from: 'records.claimKey(query, claim)',
        to: 'Promise.resolve(!memoryOf(settings).has(nameOf(claim)))',
      },
      { from: 'records.lookUp(query, claim)', to: 'recalled(settings, claim)' },
      {
        from: `      const stored = records.outcomeOf(claim, outcome)
      if (pipelining) pipelining.atCommit(stored)
      else await query(stored.text, stored.values)
`,
        to: `      memoryOf(settings).set(nameOf(claim), { ...claim, ...outcome })
`,
      },
      {
        from: 'const unparsed =',
        to: `const memories = new WeakMap<object, Map<string, Claim & Outcome>>()

function memoryOf(process: object): Map<string, Claim & Outcome> {
  const memory = memories.get(process) ?? new Map()
  memories.set(process, memory)
  return memory
}

function nameOf({ owner, key }: Claim): string {
  return JSON.stringify([owner, key])
}

function recalled(process: object, claim: Claim) {
  const { kind, text, ...rest } = memoryOf(process).get(nameOf(claim)) as Claim & Outcome
  const record = { ...rest, answer: null, refusal: null, cancelled: false, [kind]: text }
  return { state: 'found' as const, record, serverTime: new Date() }
}

const unparsed =`,
      },
    ],
    killedBy: inRun(
      '200 attempts at once with one key, from eight servers: one effect, equal answers',
    ),
  },
  {
    name: 'key-before-effect',
    fault:
      'The key is claimed in a separate transaction, so a failed effect leaves it claimed for ever.',
    file: run,
    changes: [
      claimedLater,
      {
        from: 'records.claimKey(query, claim)',
        to: 'settings.adapter.transaction((_, apart) => records.claimKey(apart, claim))',
      },
    ],
    killedBy: inRun('an effect that fails is rolled back and leaves the key free'),
  },
  {
    name: 'effect-before-key',
    fault:
      'The effect is committed before its key, so an attempt that is cut in between has it twice.',
    file: run,
    changes: [
      {
        from: 'perform(parts, tx, query)',
        to: 'settings.adapter.transaction((own, apart) => perform({ ...parts, pipelining: undefined }, own, apart))',
      },
    ],
    killedBy: inRun(
      'an attempt that is cut at any statement before its commit leaves nothing and is executed once',
    ),
  },
  {
    name: 'no-fingerprint',
    fault:
      'A key is compared by its operation only, so another input gets the answer of the first.',
    file: records,
    changes: [
      {
        from: 'found.operation !== claim.operation || found.fingerprint !== claim.fingerprint',
        to: 'found.operation !== claim.operation',
      },
    ],
    killedBy: inRun(
      'the same key with another input, or for another operation, is refused and changes nothing',
    ),
  },
  {
    name: 'flight-for-any-input',
    fault: 'A concurrent attempt shares the answer of the key, with any input.',
    file: singleFlight,
    changes: [
      {
        from: 'one.operation === other.operation && one.fingerprint === other.fingerprint',
        to: 'one.operation === other.operation',
      },
    ],
    killedBy: inBatch('a key twice in one batch with another input: one answer, one refusal'),
  },
  {
    name: 'flight-without-owner',
    fault:
      'Two owners who use one key at once share a single-flight, and one gets the answer of the other.',
    file: singleFlight,
    changes: [{ from: 'pairOf(claim.owner, claim.key)', to: "pairOf('', claim.key)" }],
    killedBy: inBatch('two owners may use the same key independently, at once and afterwards'),
  },
  {
    name: 'outcome-without-owner',
    fault: 'The outcome of a key is returned to any owner.',
    file: records,
    changes: [
      {
        from: 'r on r.owner_id = $1::text and r.key = $2::text',
        to: 'r on $1::text is not null and r.key = $2::text',
      },
    ],
    killedBy: inKeyOutcome('the key of another owner looks unused'),
  },
  {
    name: 'cancel-without-record',
    fault: 'Cancelling an unused key reports success and stores nothing.',
    file: outcomeOf,
    changes: [
      {
        from: 'if (await records.decideKey(query, name)) return',
        to: "if ((await records.lookUp(query, name)).state === 'free') return",
      },
    ],
    killedBy: inKeyOutcome('a cancelled key never has an effect, and every query returns that'),
  },
  {
    name: 'snapshot-before-wait',
    fault:
      'An attempt that waited for a claim reads a snapshot from before the wait, and sees no record.',
    file: prisma,
    changes: [{ from: "isolationLevel: 'ReadCommitted'", to: "isolationLevel: 'RepeatableRead'" }],
    killedBy: inPrisma(
      'with a client whose pool is found nowhere a transaction is READ COMMITTED, and an attempt has one effect',
    ),
  },
]
