import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const batch = 'packages/idempotency/src/batch/batch.ts'
const waiting = 'packages/idempotency/src/batch/waiting-members.ts'
const statements = 'packages/idempotency/src/batch/batch-statement.ts'
const inBatch = (test: string) => killingTest('packages/idempotency/src/batch/batch.test.ts', test)
const inPoison = (test: string) =>
  killingTest('packages/idempotency/src/batch/poison.test.ts', test)
const inChange = (test: string) =>
  killingTest('packages/idempotency/src/batch/batch-change.test.ts', test)
const inChangeOnce = (test: string) =>
  killingTest('packages/operations/src/intents/change-once.test.ts', test)
const inPlan = (test: string) => killingTest('packages/operations/src/batch-plan.test.ts', test)
const inInterleavings = (test: string) =>
  killingTest('packages/idempotency/src/run/interleavings.test.ts', test)

/** The same promise where many attempts share one statement. */
export const batchMutants: readonly Mutant[] = [
  {
    name: 'array-quoted-as-json',
    fault: 'A line break in an answer of a batch becomes the letter n.',
    file: 'packages/idempotency/src/pg/array-text.ts',
    changes: [{ from: 'quotedAsInJson.test(text) ?', to: 'text ?' }],
    killedBy: killingTest(
      'packages/idempotency/src/pg/array-text.test.ts',
      'PostgreSQL reads an array of texts of every character as its elements',
    ),
  },
  {
    name: 'batch-effect-without-claim',
    fault: 'Every attempt of a batch has its effect, even without its key.',
    file: statements,
    changes: [
      {
        from: 'select attempt.* from attempt join claimed using (owner_id, key)',
        to: 'select attempt.* from attempt',
      },
    ],
    killedBy: inBatch('a retry is answered from the record in the same statement'),
  },
  {
    name: 'batch-claim-by-upsert',
    fault: 'A batch takes over a key that another one claimed while it waited.',
    file: statements,
    changes: [
      {
        from: `      on conflict do nothing
`,
        to: `      on conflict (owner_id, key) do update set answer = excluded.answer
`,
      },
    ],
    killedBy: inBatch(
      'a batch that waited for a claim which was then committed does not take it over',
    ),
  },
  {
    name: 'batch-key-without-owner',
    fault: 'A batch finds the record of a key of any owner.',
    file: statements,
    changes: [
      {
        from: 'where r.owner_id = a.owner_id and r.key = a.key',
        to: 'where r.key = a.key',
      },
    ],
    killedBy: inBatch('two owners may use the same key independently, at once and afterwards'),
  },
  {
    name: 'batch-jsonb-answer',
    fault: 'A batch stores its answers through jsonb, so a replay has other bytes.',
    file: statements,
    changes: [
      {
        from: `decode(fingerprint, 'hex'), \${stored}, clock_timestamp() from attempt
`,
        to: `decode(fingerprint, 'hex'), \${stored.replace('answer', 'answer::jsonb::text')}, clock_timestamp() from attempt
`,
      },
    ],
    killedBy: inBatch('a retry is answered from the record in the same statement'),
  },
  {
    name: 'key-twice-in-a-batch',
    fault:
      'Two attempts with one key may be in one batch, and both have the effect of its one claim.',
    file: waiting,
    changes: [{ from: 'keys.has(key) || ', to: '' }],
    killedBy: inInterleavings('in 10000 interleavings of creates'),
  },
  {
    name: 'key-twice-among-decided',
    fault: 'Two attempts with one key may share the statement that stores what was decided.',
    file: 'packages/idempotency/src/batch/parts.ts',
    changes: [{ from: '!names.some((name) => keys.has(name))', to: 'true' }],
    killedBy: killingTest(
      'packages/idempotency/src/batch/parts.test.ts',
      'parts that wait for one statement share it, but no two members with one key do',
    ),
  },
  {
    name: 'id-twice-in-a-batch',
    fault: 'Two attempts that choose one id may be in one batch.',
    file: waiting,
    changes: [{ from: ' || identities.has(identity)', to: '' }],
    killedBy: inBatch(
      'the second of two attempts with one identity joins the next batch, where the effect exists',
    ),
  },
  {
    name: 'answers-before-commit',
    fault: 'A batch answers when it has sent its statement, not when that is committed.',
    file: batch,
    changes: [
      {
        from: `    const part = { form, members }
    try {
`,
        to: `    const part = { form, members }
    for (const { settle, outcome } of members) if (outcome !== undefined) settle(outcome)
    try {
`,
      },
    ],
    killedBy: inBatch('a row that cannot be inserted fails alone'),
  },
  {
    name: 'ambiguous-batch-as-failure',
    fault: 'The attempts of a batch whose answer was lost get a failure.',
    file: batch,
    changes: [
      {
        from: 'afterFailure(part, codeOf(error))',
        to: 'for (const { fail } of members) fail(error)',
      },
    ],
    killedBy: inBatch(
      'the attempts of a batch whose answer was lost run alone, and none has its effect twice',
    ),
  },
  {
    name: 'batch-never-split',
    fault: 'When a batch fails, each of its members becomes a transaction of its own.',
    file: batch,
    changes: [
      {
        from: 'if (splittable.has(trouble) && members.length > 1) {',
        to: 'if (splittable.has(trouble) && members.length > 1_000) {',
      },
    ],
    killedBy: inPoison(
      'a row that cannot be inserted costs the 63 others no transaction of their own',
    ),
  },
  {
    name: 'batch-without-a-window',
    fault: 'A batch claims a time-ordered key of any age.',
    file: statements,
    changes: [
      {
        from: `      where \${claimable(tables)} and not (\${taken}) and \${isUnknown}
`,
        to: `      where not (\${taken}) and \${isUnknown}
`,
      },
    ],
    killedBy: inPoison(
      'a key outside its window is refused by the batch, by the time of the database',
    ),
  },
  {
    name: 'taken-effect-made-again',
    fault: 'A batch repeats an effect that exists already.',
    file: statements,
    changes: [
      {
        from: `      where \${claimable(tables)} and not (\${taken}) and \${isUnknown}
`,
        to: `      where \${claimable(tables)} and \${isUnknown}
`,
      },
    ],
    killedBy: inBatch(
      'an attempt whose effect exists gets its answer without a second effect, and its key stores it',
    ),
  },
  {
    name: 'change-of-what-was-read',
    fault: 'A batch makes a change by what it read, though something else is stored since.',
    file: 'packages/idempotency/src/batch/batch-steps.ts',
    changes: [{ from: 'taken: `not (', to: 'taken: `false and (' }],
    killedBy: inChange(
      'a row that changes after it was read is not overwritten: the attempt runs alone',
    ),
  },
  {
    name: 'missing-effect-as-made',
    fault: 'A change that a trigger suppressed is answered, and stored, as made.',
    file: statements,
    changes: [
      { from: 'from executed ${isCounted ?', to: 'from executed ${isCounted === undefined ?' },
    ],
    killedBy: inChange('a change that the database suppresses without an error is not answered'),
  },
  {
    name: 'decided-by-a-standby',
    fault: 'An outcome is decided by what a standby has, which may be old, and stored for good.',
    file: statements,
    changes: [{ from: ' and not pg_is_in_recovery()', to: '' }],
    killedBy: inChange('a standby decides nothing: the attempt runs alone'),
  },
  {
    name: 'forgotten-column-as-null',
    fault: 'A change that forgets a column stores null in it.',
    file: batch,
    changes: [{ from: 'whole[name] !== undefined', to: "name !== ''" }],
    killedBy: inChange('a change that forgets a column runs alone'),
  },
  {
    name: 'unchanged-by-guess',
    fault: 'A change of a todo does not compare the version that was read.',
    file: 'packages/todos/src/change-todo-batch.ts',
    changes: [{ from: 'and todo.version = attempt.read_version::int', to: '' }],
    killedBy: inChangeOnce('a todo changed by another transaction after a batch has read it'),
  },
  {
    name: 'batch-waits-for-a-row',
    fault: 'A todo that another transaction has locked fails the batch of all others.',
    file: 'packages/todos/src/change-todo-batch.ts',
    changes: [{ from: ' skip locked)', to: ')' }],
    killedBy: inChangeOnce('a todo that another transaction changes is neither overwritten nor'),
  },
  {
    name: 'change-decided-in-part',
    fault: 'An attempt whose row changed after it was read is answered without its effect.',
    file: batch,
    changes: [
      {
        from: "    else for (const { settle } of members) settle('left_out')",
        to: "    else for (const { settle, outcome } of members) settle(outcome ?? 'left_out')",
      },
    ],
    killedBy: inChange(
      'a row that changes after it was read is not overwritten: the attempt runs alone',
    ),
  },
  {
    name: 'decided-outcome-not-stored',
    fault: 'An attempt whose effect exists is answered, and its key is left free.',
    file: batch,
    changes: [
      {
        from: 'if (decided === undefined) settleByRow(settings.policy, member, row)',
        to: `if (decided?.next === 'store' && decided.outcome !== undefined) {
      member.settle(decided.outcome)
      return undefined
    }
    if (decided === undefined) settleByRow(settings.policy, member, row)`,
      },
    ],
    killedBy: inBatch(
      'an attempt whose effect exists gets its answer without a second effect, and its key stores it',
    ),
  },
  {
    name: 'held-key-joins-again',
    fault: 'A key that another transaction holds makes one batch after another wait.',
    file: batch,
    changes: [{ from: "if (held.has(claim.owner, claim.key)) return 'held'", to: '' }],
    killedBy: inPoison('a key that was found held a moment ago fails no second batch'),
  },
  {
    name: 'failed-batch-drops-its-connection',
    fault: 'A failed batch loses its connection, and the plans on it.',
    file: 'packages/idempotency/src/pg/batch-pool.ts',
    changes: [{ from: "client.query('').then(release, release)", to: 'client.release(true)' }],
    killedBy: killingTest(
      'packages/idempotency/src/pg/batch-pool.test.ts',
      'a connection outlives a statement that failed, with the plans it keeps',
    ),
  },
  {
    name: 'silent-batch-holds-up-all',
    fault: 'A batch on a dead connection delays all later ones, though another connection is free.',
    file: batch,
    changes: [
      { from: 'if (sentAt > quickSince) quick += size', to: 'if (sentAt > 0) quick += size' },
    ],
    killedBy: inBatch('a batch on a dead connection delays no other attempt'),
  },
  {
    name: 'one-id-blocks-the-queue',
    fault: 'As many attempts of one id as fit a batch delay all later ones.',
    file: waiting,
    changes: [
      { from: 'const mostScanned = 8 * mostInBatch', to: 'const mostScanned = mostInBatch' },
    ],
    killedBy: inBatch('more attempts of one id than fit a batch delay no other attempt'),
  },
  {
    name: 'held-keys-take-the-pool',
    fault: 'As many attempts wait for held keys as there are connections.',
    file: 'packages/idempotency/src/run/run-alone.ts',
    changes: [{ from: 'const mostWaitForHeld = 3', to: 'const mostWaitForHeld = 300' }],
    killedBy: inPoison('attempts that wait for held keys leave connections to all others'),
  },
  {
    name: 'duplicates-race-their-batch',
    fault:
      'Attempts with one new id and other keys are in concurrent batches, and one of the two fails.',
    file: batch,
    changes: [
      {
        from: "await send({ form: steps.first, members }, 'batches')",
        to: "waiting.ended(members)\n      await send({ form: steps.first, members }, 'batches')",
      },
    ],
    killedBy: inPoison(
      'a new id under several keys fails no batch, also while one is on its way with it',
    ),
  },
  {
    name: 'id-by-its-letters',
    fault: 'An id in capitals counts as another one, so a batch contains one id twice and fails.',
    file: 'packages/todos/src/create-todo.ts',
    changes: [{ from: 'draft.id?.toLowerCase()', to: 'draft.id' }],
    killedBy: killingTest(
      'packages/todos/src/create-todo-batch.test.ts',
      'an id in upper case has the same identity',
    ),
  },
  {
    name: 'batch-plan-that-scans',
    fault:
      'The plan of a batch scans a table that fits one page, and is kept when the table grows.',
    file: 'packages/idempotency/src/records/only-by-index.ts',
    changes: [{ from: '10000 + 0 *', to: '1 + 0 *' }],
    killedBy: inPlan('tables of two rows: '),
  },
  {
    name: 'batch-planned-each-time',
    fault: 'The planner sees how many attempts a batch has, and plans small ones anew each time.',
    file: statements,
    changes: [{ from: 'at) => hidden(', to: 'at) => String(' }],
    killedBy: inPlan(
      'a plan for creates that was kept while the tables were small stays kept when autovacuum',
    ),
  },
  {
    name: 'batch-planned-each-time-after-autovacuum',
    fault:
      'A session that began with empty tables plans each batch anew once the tables are large and were counted.',
    file: 'packages/idempotency/src/records/only-by-index.ts',
    changes: [{ from: '10000 + 0 *', to: '1000 + 0 *' }],
    killedBy: inPlan(
      'a plan for creates that was kept while the tables were small stays kept when autovacuum',
    ),
  },
]
