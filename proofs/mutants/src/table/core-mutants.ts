import type { Mutant } from '../mutant.ts'

/** Whether a key has one effect and one answer: claims, commits, batches and windows. */
export const coreMutants: readonly Mutant[] = [
  {
    name: 'look-then-insert',
    guarantee: 'one effect',
    fault: 'The key is looked up first and then inserted, without regard to a claim in between.',
    file: 'packages/idempotency/src/records/records.ts',
    from: `'hex'), clock_timestamp())
  on conflict do nothing`,
    to: "'hex'), clock_timestamp())",
    killedBy:
      'packages/idempotency/src/run/run.test.ts > a duplicate that waited for a claim which was then committed gets its answer',
  },
  {
    name: 'remembered-in-memory',
    guarantee: 'one effect',
    fault: 'Records are kept in the memory of one process, and no other process sees them.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      { from: '    }, opening)', to: '    })' },
      {
        from: 'records.claimKey(query, claim)',
        to: 'Promise.resolve(!memoryOf(settings).has(nameOf(claim)))',
      },
      { from: 'records.lookUp(query, claim)', to: 'recalled(settings, claim)' },
      {
        from: `      const stored = records.storeOf(claim, outcome)
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
    killedBy:
      'packages/idempotency/src/run/run.test.ts > 200 attempts at once with one key, from eight servers: one effect, equal answers',
  },
  {
    name: 'batch-effect-without-claim',
    guarantee: 'a batch of many',
    fault: 'Every attempt of a batch has its effect, even without its key.',
    file: 'packages/idempotency/src/batch/batch-statement.ts',
    from: 'select attempt.* from attempt join claimed using (owner_id, key)',
    to: 'select attempt.* from attempt',
    killedBy:
      'packages/idempotency/src/batch/batch.test.ts > a retry is answered from the record in the same statement',
  },
  {
    name: 'key-twice-in-a-batch',
    guarantee: 'a batch of many',
    fault:
      'Two attempts with one key may be in one batch, and both have the effect of its one claim.',
    file: 'packages/idempotency/src/batch/waiting-members.ts',
    from: 'keys.has(key) || ',
    to: '',
    killedBy:
      'packages/idempotency/src/run/interleavings.test.ts > in 4000 interleavings of creates',
  },
  {
    name: 'key-before-effect',
    guarantee: 'key with effect',
    fault:
      'The key is claimed in a separate transaction, so a failed effect leaves it claimed for ever.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      { from: '    }, opening)', to: '    })' },
      {
        from: 'records.claimKey(query, claim)',
        to: 'settings.adapter.transaction((_, apart) => records.claimKey(apart, claim))',
      },
    ],
    killedBy:
      'packages/idempotency/src/run/run.test.ts > an effect that fails is rolled back and leaves the key free',
  },
  {
    name: 'effect-before-key',
    guarantee: 'key with effect',
    fault:
      'The effect is committed before its key, so an attempt that is cut in between has it twice.',
    file: 'packages/idempotency/src/run/run.ts',
    from: 'perform(parts, tx, query)',
    to: 'settings.adapter.transaction((own, apart) => perform({ ...parts, pipelining: undefined }, own, apart))',
    killedBy:
      'packages/idempotency/src/run/run.test.ts > an attempt that is cut at any statement before its commit leaves nothing and is executed once',
  },
  {
    name: 'lost-record-acknowledged',
    guarantee: 'key with effect',
    fault: 'Storing an answer may change no record, so an effect without one is acknowledged.',
    file: 'packages/idempotency/src/records/records.ts',
    from: 'ln((select count(*)',
    to: 'ln((select greatest(1, count(*))',
    killedBy: 'packages/idempotency/src/run/escape.test.ts > a lost record is found by a statement',
  },
  {
    name: 'record-without-an-answer-replayed',
    guarantee: 'key with effect',
    fault: 'A record without an answer is replayed as an answer.',
    file: 'packages/idempotency/src/records/records.ts',
    from: "throw new IdempotencyError('effect_escaped')",
    to: "return { kind: 'answer', text: 'null', ...stored }",
    killedBy:
      'packages/idempotency/src/run/interleavings.test.ts > in 4000 interleavings of creates',
  },
  {
    name: 'jsonb-answer',
    guarantee: 'one answer',
    fault: 'The stored answer goes through jsonb, so a replay has other bytes.',
    file: 'packages/idempotency/src/records/records.ts',
    from: 'answer = $3::text',
    to: 'answer = $3::jsonb::text',
    killedBy:
      'packages/idempotency/src/run/run.test.ts > a second attempt with the same key and input has no effect and gets the same answer',
  },
  {
    name: 'batch-jsonb-answer',
    guarantee: 'one answer',
    fault: 'A batch stores its answers through jsonb, so a replay has other bytes.',
    file: 'packages/idempotency/src/batch/batch-statement.ts',
    from: `decode(fingerprint, 'hex'), \${stored}, clock_timestamp() from attempt
`,
    to: `decode(fingerprint, 'hex'), \${stored.replace('answer', 'answer::jsonb::text')}, clock_timestamp() from attempt
`,
    killedBy:
      'packages/idempotency/src/batch/batch.test.ts > a retry is answered from the record in the same statement',
  },
  {
    name: 'no-fingerprint',
    guarantee: 'one input',
    fault:
      'A key is compared by its operation only, so another input gets the answer of the first.',
    file: 'packages/idempotency/src/records/records.ts',
    from: 'found.operation !== claim.operation || found.fingerprint !== claim.fingerprint',
    to: 'found.operation !== claim.operation',
    killedBy:
      'packages/idempotency/src/run/run.test.ts > the same key with another input, or for another operation, is refused and changes nothing',
  },
  {
    name: 'inputs-without-a-form',
    guarantee: 'one input',
    fault: 'All inputs with a Blob are the same input.',
    file: 'packages/idempotency/src/json.ts',
    from: "isIterable || kind !== 'Object'",
    to: 'isIterable',
    killedBy: 'packages/idempotency/src/create-idempotency.test.ts > an input with a Blob',
  },
  {
    name: 'batch-key-without-owner',
    guarantee: 'key of its owner',
    fault: 'A batch finds the record of a key of any owner.',
    file: 'packages/idempotency/src/batch/batch-statement.ts',
    from: 'where r.owner_id = a.owner_id and r.key = a.key',
    to: 'where r.key = a.key',
    killedBy:
      'packages/idempotency/src/batch/batch.test.ts > two owners may use the same key independently, at once and afterwards',
  },
  {
    name: 'answers-before-commit',
    guarantee: 'success is committed',
    fault: 'A batch answers when it has sent its statement, not when that is committed.',
    file: 'packages/idempotency/src/batch/batch.ts',
    from: `    const part = { kind, members }
    try {
`,
    to: `    const part = { kind, members }
    for (const { settle, outcome } of members) if (outcome !== undefined) settle(outcome)
    try {
`,
    killedBy:
      'packages/idempotency/src/batch/batch.test.ts > a row that cannot be inserted fails alone',
  },
  {
    name: 'unguarded-pool',
    guarantee: 'success is committed',
    fault: 'A client that was given up in the middle of a transaction goes back into the pool.',
    file: 'packages/database/src/pool.ts',
    from: '  guardPool(pool)',
    to: '',
    killedBy:
      'packages/database/src/pool.test.ts > a client released inside a transaction is destroyed and replaced',
  },
  {
    name: 'unknown-as-success',
    guarantee: 'unknown is not failure',
    fault: 'A commit that ended without an answer counts as done.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      { from: 'adapter.transaction(async', to: 'swallowing(adapter.transaction)(async' },
      {
        from: 'const unparsed =',
        to: `type Transact<Tx> = IdempotencyAdapter<Tx>['transaction']

function swallowing<Tx>(transact: Transact<Tx>): Transact<Tx> {
  return async (work) => {
    let done: { outcome: Awaited<ReturnType<typeof work>> } | undefined
    const watched: typeof work = async (...given) => {
      const outcome = await work(...given)
      done = { outcome }
      return outcome
    }
    try {
      return await transact(watched)
    } catch (error) {
      if (done === undefined) throw error
      return done.outcome
    }
  }
}

const unparsed =`,
      },
    ],
    killedBy:
      'packages/idempotency/src/run/run.test.ts > a commit that was cut before it arrived is repeated',
  },
  {
    name: 'silent-node-takes-every-connection',
    guarantee: 'no client slows another',
    fault:
      'All attempts of the batches that a silent node lost run at once, on the connections of the other nodes.',
    file: 'packages/idempotency/src/create-idempotency.ts',
    from: 'return pool.shards === undefined ? attempt() : inTurn(attempt).catch(stillUnknown)',
    to: 'return attempt()',
    killedBy:
      'packages/idempotency/src/batch/shard-batches.test.ts > an attempt whose batch lost its answer takes its turn, and stays unknown without one',
  },
  {
    name: 'look-up-after-ambiguous-commit',
    guarantee: 'unknown is settled',
    fault:
      'After an ambiguous commit the key is looked up instead of claimed, so a commit in progress counts as dead.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      { from: '    }, opening)', to: '    })' },
      {
        from: 'await waited(claim, records.claimKey(query, claim))',
        to: `(claim.telemetry?.ambiguous === true &&
      (await records.lookUp(query, claim)).state === 'free') ||
      (await waited(claim, records.claimKey(query, claim)))`,
      },
    ],
    killedBy:
      'packages/idempotency/src/run/ambiguous-commit.test.ts > a commit that is still in progress is waited for and replayed',
  },
  {
    name: 'cancel-without-record',
    guarantee: 'unknown is settled',
    fault: 'Cancelling an unused key reports success and stores nothing.',
    file: 'packages/idempotency/src/run/key-state.ts',
    from: 'if (await records.decideKey(query, name)) return',
    to: "if ((await records.lookUp(query, name)).state === 'free') return",
    killedBy:
      'packages/api/src/trpc/key-outcome.test.ts > a cancelled key never has an effect, and every query returns that',
  },
  {
    name: 'half-an-effect',
    guarantee: 'refusal without effect',
    fault: 'Writes of an effect before it declined stay.',
    file: 'packages/idempotency/src/run/run.ts',
    from: 'await query(`rollback to savepoint',
    to: 'void (`rollback to savepoint',
    killedBy:
      'packages/idempotency/src/run/run.test.ts > an error that is an answer is stored and replayed, and earlier writes of the effect are rolled back',
  },
  {
    name: 'savepoint-of-the-effect',
    guarantee: 'refusal without effect',
    fault: 'The savepoint has a name that an effect may use, so half of its writes stay.',
    file: 'packages/idempotency/src/run/run.ts',
    from: '\'"@idem/idempotency"\'',
    to: "'effect'",
    killedBy:
      'packages/idempotency/src/run/escape.test.ts > an effect that declines after a savepoint of any name',
  },
  {
    name: 'writes-after-a-rollback',
    guarantee: 'inside its transaction',
    fault: 'After an effect has rolled back, its later writes commit by themselves.',
    file: 'packages/idempotency/src/pg/transaction/watch-transaction.ts',
    from: "status === 'I'",
    to: 'status === undefined',
    killedBy:
      'packages/idempotency/src/run/escape.test.ts > an effect that queues a write behind its rollback',
  },
  {
    name: 'every-error-is-of-the-database',
    guarantee: 'errors of the database',
    fault: 'An error of the effect about a file counts as a database that is away.',
    file: 'packages/idempotency/src/run/run.ts',
    from: '!(await isDatabaseError(adapter, error, query))',
    to: 'error === query',
    killedBy:
      'packages/idempotency/src/run/own-error.test.ts > an error of the effect about a missing file',
  },
  {
    name: 'run-inside-its-own-effect',
    guarantee: 'a wait ends',
    fault: 'An effect that runs its own key waits for itself.',
    file: 'packages/idempotency/src/run/single-flight.ts',
    from: 'if (isAround(claim, ahead.claim)) throw new Error(nested)',
    to: '',
    killedBy: 'packages/idempotency/src/run/nested-runs.test.ts > an effect that runs its own key',
  },
  {
    name: 'window-beyond-retention',
    guarantee: 'forgotten for ever',
    fault: 'A time-ordered key may be claimed after its record can have been forgotten.',
    file: 'packages/idempotency/src/records/key-policy.ts',
    from: 'const marginHours = 1',
    to: 'const marginHours = -1',
    killedBy:
      'packages/idempotency/src/run/run.test.ts > a time-ordered key is claimed inside its window only, by the clock of the database',
  },
  {
    name: 'cleaning-not-noted',
    guarantee: 'forgotten for ever',
    fault:
      'Cleaning does not store the time of removed records, so a longer retention revives old keys.',
    file: 'packages/idempotency/src/records/clean.ts',
    from: 'where forgotten_before < youngest',
    to: 'where forgotten_before > youngest',
    killedBy:
      'packages/idempotency/src/records/clean.test.ts > a time-ordered key whose record was removed is never executed again, even if keys are kept longer afterwards',
  },
  {
    name: 'claimed-while-forgotten',
    guarantee: 'forgotten for ever',
    fault: 'An attempt that waits for a record in cleaning claims its key a second time.',
    file: 'packages/idempotency/src/records/records.ts',
    from: 'return mintedMs(name.key) === null || isOpen === 1 || withdraw',
    to: 'return isOpen !== 1 || true || withdraw',
    killedBy:
      'packages/idempotency/src/records/clean.test.ts > an attempt on a computer whose clock is behind has no second effect while its record is being removed',
  },
  {
    name: 'computer-clock',
    guarantee: 'clock of the database',
    fault: "The clock of the server's computer decides whether a time-ordered key has expired.",
    file: 'packages/idempotency/src/records/records.ts',
    changes: [
      {
        from: `    const minted = mintedMs(key)
    return minted === null`,
        to: `    const minted = isInWindow(mintedMs(key), policy) ? null : 0
    return minted === null`,
      },
      {
        from: 'return mintedMs(name.key) === null',
        to: 'return windowOf(name, youngHours).length === 0',
      },
      {
        from: '/** The state of a key:',
        to: `function isInWindow(minted: number | null, { retentionHours }: KeyPolicy): boolean {
  const ageMs = minted === null ? 0 : Date.now() - minted
  return ageMs < (retentionHours - 1) * 3_600_000 && ageMs > -300_000
}

/** The state of a key:`,
      },
    ],
    killedBy:
      'packages/idempotency/src/records/key-policy.test.ts > a time-ordered key expires by the clock of the database, even if the clock of this computer is wrong',
  },
  {
    name: 'refused-only-now',
    guarantee: 'refused for ever',
    fault:
      'The refusal of a key from the future is not stored, and an attempt that waits claims the key after its client has minted another.',
    file: 'packages/idempotency/src/run/run.ts',
    from: 'if (await records.decideKey(query, claim, refused)) return',
    to: 'if (refused) throw',
    killedBy:
      'packages/idempotency/src/run/key-from-future.test.ts > an attempt that waits in a queue while its key is refused elsewhere has no effect when the window opens',
  },
  {
    name: 'expired-while-committing',
    guarantee: 'settles at the edge',
    fault:
      'A key that just left its window is refused for ever while it is being committed, and its intent is repeated under a new one.',
    file: 'packages/idempotency/src/records/key-policy.ts',
    from: 'const settlingMs = 60_000',
    to: 'const settlingMs = 0',
    killedBy:
      'packages/idempotency/src/run/run.test.ts > a key that left its window a moment ago is in flight',
  },
  {
    name: 'batch-plan-that-scans',
    guarantee: 'plans stay cheap',
    fault:
      'The plan of a batch scans a table that fits one page, and is kept when the table grows.',
    file: 'packages/idempotency/src/records/sql-parts.ts',
    from: '10000 + 0 *',
    to: '1 + 0 *',
    killedBy: 'packages/operations/src/batch-plan.test.ts > tables of two rows: ',
  },
]
