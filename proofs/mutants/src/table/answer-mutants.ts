import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const run = 'packages/idempotency/src/run/run.ts'
const records = 'packages/idempotency/src/records/records.ts'
const sqlState = 'packages/idempotency/src/run/sql-state.ts'
const pool = 'packages/database/src/pool.ts'
const verifyCommit = 'packages/idempotency/src/pg/verify-commit.ts'
const toRefusal = 'packages/operations/src/answers/to-refusal.ts'
const operations = 'packages/operations/src/create-operations.ts'
const createTodo = 'packages/operations/src/create-todo.ts'
const createWithoutKey = 'packages/operations/src/create-todo-without-key.ts'
const updateTodo = 'packages/operations/src/update-todo.ts'
const inRun = (test: string) => killingTest('packages/idempotency/src/run/run.test.ts', test)
const inPool = (test: string) => killingTest('packages/database/src/pool.test.ts', test)
const inPooling = (test: string) =>
  killingTest('packages/database/src/transaction-pooling.test.ts', test)
const inPrisma = (test: string) => killingTest('packages/database/src/prisma.test.ts', test)
const inRouter = (test: string) => killingTest('packages/api/src/trpc/todo-router.test.ts', test)
const inWithoutKey = (test: string) =>
  killingTest('packages/operations/src/intents/without-key.test.ts', test)
const acrossReleases = (test: string) =>
  killingTest('packages/api/src/replay-across-releases.test.ts', test)

/** Whether every attempt gets the same, true answer. */
export const answerMutants: readonly Mutant[] = [
  {
    name: 'jsonb-answer',
    fault: 'The stored answer goes through jsonb, so a replay has other bytes.',
    file: records,
    changes: [{ from: 'answer = $3::text', to: 'answer = $3::jsonb::text' }],
    killedBy: inRun(
      'a second attempt with the same key and input has no effect and gets the same answer',
    ),
  },
  {
    name: 'answer-without-a-text',
    fault:
      'An effect whose answer has no form in JSON is committed, and no later attempt gets an answer.',
    file: 'packages/idempotency/src/json.ts',
    changes: [{ from: 'if (text !== undefined) return', to: "if (text !== '') return" }],
    killedBy: killingTest(
      'packages/idempotency/src/create-idempotency.test.ts',
      'an answer that is an object whose toJSON gives nothing had no effect',
    ),
  },
  {
    name: 'refusal-not-stored',
    fault: 'A refusal is not stored, so a retry may get another answer.',
    file: run,
    changes: [
      {
        from: `      if (pipelining) pipelining.atCommit(stored)
      else await query(stored.text, stored.values)
`,
        to: `      if (outcome.kind === 'answer') await query(stored.text, stored.values)
      else await query('delete from idem.idempotency_record where owner_id = $1 and key = $2', [claim.owner, claim.key])
`,
      },
    ],
    killedBy: inRun(
      'an error that is an answer is stored and replayed, and earlier writes of the effect are rolled back',
    ),
  },
  {
    name: 'half-an-effect',
    fault: 'Writes of an effect before it declined stay.',
    file: run,
    changes: [
      {
        from: 'await query(`rollback to savepoint $' + '{savepoint}`, [])',
        to: 'void query',
      },
    ],
    killedBy: inRun(
      'an error that is an answer is stored and replayed, and earlier writes of the effect are rolled back',
    ),
  },
  {
    name: 'refusal-parsed-again',
    fault:
      'A stored refusal is parsed by the schema of this release, so one that another release stored is a 500.',
    file: operations,
    changes: [
      {
        from: `import { transactionsOf } from '@idem/database/prisma'
`,
        to: `import { Refusal, RefusalError } from '@idem/contract/refusal'
import { transactionsOf } from '@idem/database/prisma'
`,
      },
      {
        from: '(_, stored) => new StoredRefusal(stored)',
        to: `(stored) => {
      const { code, ...details } = Refusal.parse(stored)
      return new RefusalError(code, details)
    }`,
      },
    ],
    killedBy: acrossReleases(
      'a batch holds each stored refusal to the byte, beside the other answers',
    ),
  },
  {
    name: 'stored-status-ignored',
    fault:
      'The status of a stored refusal follows from its code, which another release may not know.',
    file: 'packages/api/src/http/refusal-status.ts',
    changes: [{ from: 'return status ?? (code', to: 'return (status && undefined) ?? (code' }],
    killedBy: acrossReleases(
      'a stored refusal with an unknown code, and a status for which tRPC has no code',
    ),
  },
  {
    name: 'transient-stored',
    fault: 'Every refusal is stored with its key, also temporary ones.',
    file: toRefusal,
    changes: [
      {
        from: 'const code = storedCodes.find((stored) => stored === refusal.code)',
        to: "const code = storedCodes.find((stored) => stored === refusal.code) ?? 'not_found'",
      },
    ],
    killedBy: inRouter('an id minted longer ago than tombstones are kept is invalid input'),
  },
  {
    name: 'answer-parsed-after-commit',
    fault: 'An invalid answer is noticed only after its effect was committed.',
    file: run,
    changes: [
      {
        from: '  if (outcome instanceof IdempotencyError) throw outcome\n',
        to: "  if ('code' in outcome) throw outcome\n  if (outcome.kind === 'answer') work.parse?.(JSON.parse(outcome.text))\n",
      },
      { from: 'parse(await effectOf.run(claim, effect, tx))', to: 'await effect(tx)' },
    ],
    killedBy: inRun('an answer that does not parse had no effect'),
  },
  {
    name: 'unknown-as-success',
    fault: 'A commit that ended without an answer counts as done.',
    file: run,
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
    killedBy: inRun('a commit that was cut before it arrived is repeated'),
  },
  {
    name: 'unknown-as-failure',
    fault: 'A commit that ended without an answer is reported as a failure.',
    file: sqlState,
    changes: [
      {
        from: "return committing ? 'unknown' : 'rolled_back'",
        to: "return committing ? 'bug' : 'rolled_back'",
      },
    ],
    killedBy: inRun(
      'a commit whose answer was lost is settled by the record: one effect, and never a failure',
    ),
  },
  {
    name: 'unguarded-pool',
    fault: 'A client that was given up in the middle of a transaction goes back into the pool.',
    file: pool,
    changes: [{ from: '  guardPool(pool)', to: '' }],
    killedBy: inPool('a client released inside a transaction is destroyed and replaced'),
  },
  {
    name: 'address-over-time-outs',
    fault: 'Options in the URL of the database override the time-outs and the zone of the pool.',
    file: 'packages/idempotency/src/pg/session-settings.ts',
    changes: [{ from: '[given, ...options]', to: '[...options, given]' }],
    killedBy: inPool(
      'time-outs of the pool override those in the URL, and other options of the URL are kept',
    ),
  },
  {
    name: 'pooler-without-settings',
    fault:
      'A transaction behind a pooler runs with the settings of the previous client of the session.',
    file: 'packages/idempotency/src/pg/session-settings.ts',
    changes: [
      {
        from: "['begin isolation level read committed', ...locals]",
        to: "['begin isolation level read committed', ...locals.slice(9)]",
      },
    ],
    killedBy: inPooling('every transaction and every single statement has the settings'),
  },
  {
    name: 'pooler-without-transaction',
    fault: 'A statement by itself is sent through a pooler without its settings.',
    file: 'packages/database/src/transaction-pooling.ts',
    changes: [{ from: 'if (isInTransaction(client)) return', to: 'if (client) return' }],
    killedBy: inPooling('Prisma writes and reads dates in UTC'),
  },
  {
    name: 'pooler-with-names',
    fault: 'A statement keeps its name behind a pooler, where the next session does not know it.',
    file: 'packages/database/src/transaction-pooling.ts',
    changes: [{ from: 'const statement = nameless(given)', to: 'const statement = given' }],
    killedBy: inPooling('twenty concurrent statements of one name'),
  },
  {
    name: 'silent-rollback',
    fault: 'A commit that was answered with a rollback counts as a commit.',
    file: verifyCommit,
    changes: [
      {
        from: "result?.command === 'ROLLBACK'",
        to: "result?.command === 'never'",
      },
    ],
    killedBy: inPrisma('an error that the work swallowed is not reported as a commit'),
  },
  {
    name: 'fingerprint-of-parsed',
    fault: 'The parsed input is compared, so a new default turns an old retry into a mismatch.',
    file: createTodo,
    changes: [
      {
        from: "intentOf('createTodo', caller, { key, arrived })",
        to: "intentOf('createTodo', caller, { key, arrived: input })",
      },
    ],
    killedBy: inRouter('a title is kept trimmed, but compared as it arrived'),
  },
  {
    name: 'update-again-after-ambiguous-commit',
    fault:
      'An update without a key is run again after an ambiguous commit, although it cannot tell its own version from that of others.',
    file: updateTodo,
    changes: [
      { from: "afterAmbiguousCommit: 'unavailable',", to: "afterAmbiguousCommit: 'again'," },
    ],
    killedBy: inWithoutKey(
      'an update without a key whose ambiguous commit was rolled back is left to a person',
    ),
  },
  {
    name: 'new-id-per-try',
    fault:
      'A create without a key uses a new id for each try, so after an ambiguous commit two are created.',
    file: createWithoutKey,
    changes: [
      {
        from: 'const draft = { owner: caller.owner, title, id: id ?? uuidv7(), key: null }',
        to: 'const draft = { owner: caller.owner, title, id, key: null }',
      },
    ],
    killedBy: inWithoutKey(
      'a create without a key creates one todo, though its commit is ambiguous',
    ),
  },
]
