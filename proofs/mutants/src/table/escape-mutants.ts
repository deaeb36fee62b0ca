import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const run = 'packages/idempotency/src/run/run.ts'
const records = 'packages/idempotency/src/records/records.ts'
const inRun = (file: string, test: string) =>
  killingTest(`packages/idempotency/src/run/${file}.test.ts`, test)
const inPg = (file: string, test: string) =>
  killingTest(`packages/idempotency/src/pg/${file}.test.ts`, test)

/** Whether an effect stays inside its transaction and its attempt. */
export const escapeMutants: readonly Mutant[] = [
  {
    name: 'lost-record-acknowledged',
    fault: 'Storing an answer may change no record, so an effect without one is acknowledged.',
    file: records,
    changes: [{ from: 'ln((select count(*)', to: 'ln((select greatest(1, count(*))' }],
    killedBy: inRun('escape', 'a lost record is found by a statement'),
  },
  {
    name: 'answer-of-another-attempt',
    fault: 'An effect that has lost its key overwrites the answer of the attempt that took it.',
    file: records,
    changes: [{ from: 'answer is null and refusal is null and not cancelled', to: 'true' }],
    killedBy: inRun('escape', 'an effect whose key another attempt has taken meanwhile'),
  },
  {
    name: 'record-without-an-answer-replayed',
    fault: 'A record without an answer is replayed as an answer.',
    file: records,
    changes: [
      {
        from: "throw new IdempotencyError('effect_escaped')",
        to: "return { kind: 'answer', text: 'null', ...stored }",
      },
    ],
    killedBy: inRun('interleavings', 'in 10000 interleavings of creates'),
  },
  {
    name: 'writes-after-a-rollback',
    fault: 'After an effect has rolled back, its later writes commit by themselves.',
    file: 'packages/idempotency/src/pg/watch-transaction.ts',
    changes: [{ from: "status === 'I'", to: 'status === undefined' }],
    killedBy: inRun('escape', 'an effect that queues a write behind its rollback'),
  },
  {
    name: 'commit-and-begin-unseen',
    fault: 'An effect that commits and begins in one text is not noticed.',
    file: 'packages/idempotency/src/pg/watch-transaction.ts',
    changes: [{ from: 'endsTransaction.test(text)', to: "text === ''" }],
    killedBy: inRun('escape', 'after an effect that sends "commit; begin"'),
  },
  {
    name: 'answer-before-the-last-write',
    fault: 'An answer is stored while writes of its effect are still being sent.',
    file: run,
    changes: [{ from: 'if (revoked !== undefined) await revoked', to: 'void revoked' }],
    killedBy: inRun('escape', 'an outcome is stored when all that the effect sent is answered'),
  },
  {
    name: 'savepoint-of-the-effect',
    fault: 'The savepoint has a name that an effect may use, so half of its writes stay.',
    file: run,
    changes: [{ from: '\'"@idem/idempotency"\'', to: "'effect'" }],
    killedBy: inRun('escape', 'an effect that declines after a savepoint of any name'),
  },
  {
    name: 'every-error-is-of-the-database',
    fault: 'An error of the effect about a file counts as a database that is away.',
    file: run,
    changes: [{ from: '!(await isDatabaseError(adapter, error, query))', to: 'error === query' }],
    killedBy: inRun('own-error', 'an error of the effect about a missing file'),
  },
  {
    name: 'run-inside-its-own-effect',
    fault: 'An effect that runs its own key waits for itself.',
    file: 'packages/idempotency/src/run/single-flight.ts',
    changes: [{ from: 'if (isAround(claim, ahead.claim)) throw new Error(nested)', to: '' }],
    killedBy: inRun('nested-runs', 'an effect that runs its own key'),
  },
  {
    name: 'duplicate-waits-for-ever',
    fault: 'In one process a duplicate waits for as long as the first attempt takes.',
    file: 'packages/idempotency/src/run/single-flight.ts',
    changes: [{ from: 'if (leftMs <= 0)', to: 'if (leftMs === waitMs + 1)' }],
    killedBy: inRun('single-flight', 'a duplicate waits for waitMs from the claim of the first'),
  },
  {
    name: 'statement-after-the-end',
    fault: 'A statement that is sent late runs in the transaction of another effect.',
    file: 'packages/idempotency/src/pg/direct-connection.ts',
    changes: [
      { from: 'return isOver || (isRevoked', to: 'return (isOver && !isBegun) || (isRevoked' },
    ],
    killedBy: inPg('direct-connection', 'a statement that is sent after the end'),
  },
  {
    name: 'names-of-a-session-that-was-reset',
    fault: 'A COMMIT uses the name of a statement that the session has forgotten.',
    file: 'packages/idempotency/src/pg/send-together.ts',
    changes: [{ from: 'if (begins && !isProven) session.names.clear()', to: 'void isProven' }],
    killedBy: inPg('send-together', 'a session that was reset before a new statement'),
  },
  {
    name: 'inputs-without-a-form',
    fault: 'All inputs with a Blob are the same input.',
    file: 'packages/idempotency/src/json.ts',
    changes: [{ from: "isIterable || kind !== 'Object'", to: 'isIterable' }],
    killedBy: killingTest(
      'packages/idempotency/src/create-idempotency.test.ts',
      'an input with a Blob',
    ),
  },
]
