import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const run = 'packages/idempotency/src/run/run.ts'
const retryTransaction = 'packages/idempotency/src/run/retry-transaction.ts'
const sqlState = 'packages/idempotency/src/run/sql-state.ts'
const verifyCommit = 'packages/idempotency/src/pg/verify-commit.ts'
const toRefusal = 'packages/operations/src/answers/to-refusal.ts'
const inAmbiguous = (test: string) =>
  killingTest('packages/idempotency/src/run/ambiguous-commit.test.ts', test)
const inRetry = (test: string) =>
  killingTest('packages/idempotency/src/run/retry-transaction.test.ts', test)

/** Whether an ambiguous commit is settled by the key, and never by a guess. */
export const commitMutants: readonly Mutant[] = [
  {
    name: 'look-up-after-ambiguous-commit',
    fault:
      'After an ambiguous commit the key is looked up instead of claimed, so a commit in progress counts as dead.',
    file: run,
    changes: [
      { from: '    }, opening)', to: '    })' },
      {
        from: 'await waited(claim, records.claimKey(query, claim))',
        to: `(claim.telemetry?.ambiguous === true &&
      (await records.lookUp(query, claim)).state === 'free') ||
      (await waited(claim, records.claimKey(query, claim)))`,
      },
    ],
    killedBy: inAmbiguous('a commit that is still in progress is waited for and replayed'),
  },
  {
    name: 'any-sqlstate-decides-a-commit',
    fault:
      'An XX000 in answer to a commit counts as a bug, and a commit that took place is reported as a failure.',
    file: sqlState,
    changes: [
      {
        from: "committing && !decided.test(code ?? '')",
        to: "committing && !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code ?? '')",
      },
    ],
    killedBy: inAmbiguous('a commit answered with XX000 that took place is replayed'),
  },
  {
    name: 'no-sqlstate-decides-a-commit',
    fault: 'A failed deferred constraint counts as an ambiguous commit, and is repeated for ever.',
    file: sqlState,
    changes: [
      { from: "committing && !decided.test(code ?? '') ? 'unknown'", to: "committing ? 'unknown'" },
    ],
    killedBy: inAmbiguous('an error 23514 of a deferred trigger at commit'),
  },
  {
    name: 'rerun-without-permission',
    fault: 'An effect is called again within one attempt although its caller forbids it.',
    file: run,
    changes: [
      { from: 'if (wasCalled && !rerun) throw', to: 'if (wasCalled && rerun === undefined) throw' },
    ],
    killedBy: inAmbiguous('without permission to rerun, an effect is called once'),
  },
  {
    name: 'failure-after-ambiguous-commit',
    fault:
      'An error that comes after an ambiguous commit is reported as the failure of the intent.',
    file: retryTransaction,
    changes: [
      {
        from: 'throw isAmbiguous ? unavailable(error, { ambiguous: true }) : withNextStep(error, code)',
        to: 'throw error',
      },
    ],
    killedBy: inRetry('after the ambiguous commit of an earlier try no error is called a failure'),
  },
  {
    name: 'clock-decides-ambiguous-commit',
    fault:
      'A key that grew too old while its commit was ambiguous is refused for ever, although it may be committed.',
    file: retryTransaction,
    changes: [{ from: 'throw isAmbiguous ? undecided(error) : error', to: 'throw error' }],
    killedBy: inRetry('after an ambiguous commit key_expired decides nothing'),
  },
  {
    name: 'held-key-is-not-ambiguous',
    fault: 'A create without a key whose commit is still in progress is advised to be sent again.',
    file: retryTransaction,
    changes: [{ from: '{ cause: error, ambiguous: isAmbiguous }', to: '{ cause: error }' }],
    killedBy: killingTest(
      'packages/operations/src/intents/without-key.test.ts',
      'a create without a key whose commit stays in progress is left to a person',
    ),
  },
  {
    name: 'refused-connection-at-commit',
    fault:
      'A refusal to connect that a proxy sends in answer to a COMMIT counts as proof that nothing began.',
    file: retryTransaction,
    changes: [
      { from: "committing && trouble === 'never_started'", to: 'committing === undefined' },
    ],
    killedBy: inRetry('a refusal to connect (57P03) that arrives during the commit'),
  },
  {
    name: 'connection-kept-after-failed-commit',
    fault: 'A connection whose COMMIT failed goes back into the pool.',
    file: verifyCommit,
    changes: [{ from: 'if (error && isCommit(statement)) onFailedCommit()', to: '' }],
    killedBy: killingTest(
      'packages/idempotency/src/pg/pool-guard.test.ts',
      'a client whose COMMIT failed is destroyed, though it is idle again',
    ),
  },
  {
    name: 'slow-read-again',
    fault: 'A read that was too slow is run again, and makes a busy database busier.',
    file: retryTransaction,
    changes: [
      {
        from: "new Set(['57014', 'transaction_timeout'])",
        to: 'new Set()',
      },
    ],
    killedBy: killingTest(
      'packages/api/src/trpc/slow-read.test.ts',
      'listTodos that takes too long is refused and not tried again',
    ),
  },
  {
    name: 'same-key-without-a-key',
    fault: 'A change without a key that may have happened is advised to be sent again.',
    file: toRefusal,
    changes: [
      {
        from: "code === 'unavailable' && began && !isRepeatable",
        to: "code === 'unavailable' && !began",
      },
    ],
    killedBy: killingTest(
      'packages/operations/src/intents/without-key.test.ts',
      'an update without a key whose ambiguous commit was committed is left to a person',
    ),
  },
]
