import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const runOnce = 'packages/idempotency/src/run-once.ts'
const records = 'packages/idempotency/src/records.ts'
const sqlState = 'packages/idempotency/src/sql-state.ts'
const pool = 'packages/database/src/pool.ts'
const falseSuccess = 'packages/database/src/false-success.ts'
const refused = 'packages/operations/src/to-refusal.ts'
const operations = 'packages/operations/src/create-operations.ts'
const storedAnswer = 'packages/operations/src/stored-answer.ts'
const inOnce = (test: string) => killingTest('packages/idempotency/src/once.test.ts', test)
const inPool = (test: string) => killingTest('packages/database/src/pool.test.ts', test)
const inPooling = (test: string) =>
  killingTest('packages/database/src/transaction-pooling.test.ts', test)
const inPrisma = (test: string) => killingTest('packages/database/src/prisma.test.ts', test)
const inRouter = (test: string) => killingTest('packages/api/src/todo-router.test.ts', test)
const inDoubt = (test: string) => killingTest('packages/api/src/doubtful-commit.test.ts', test)
const acrossReleases = (test: string) =>
  killingTest('packages/api/src/replay-across-releases.test.ts', test)
const inRestCreate = (test: string) =>
  killingTest('packages/api/src/rest/create-todo.test.ts', test)

/** Whether every attempt is told what happened, all the same, and nothing that did not. */
export const answerMutants: readonly Mutant[] = [
  {
    name: 'jsonb-answer',
    what: 'The stored answer goes through jsonb, so a replay has other bytes.',
    file: records,
    changes: [{ from: '= $3, status', to: '= $3::jsonb::text, status' }],
    killedBy: inOnce(
      'a second attempt with the same key and input has no effect and gets the same answer',
    ),
  },
  {
    name: 'refusal-not-stored',
    what: 'A refusal is not kept, so a retry may be answered otherwise.',
    file: runOnce,
    changes: [
      {
        from: `      await storeOutcome(query, claim, outcome)
`,
        to: `      if (outcome.kind === 'answer') await storeOutcome(query, claim, outcome)
      else await query('delete from idempotency_record where owner_id = $1 and key = $2', [claim.owner, claim.key])
`,
      },
    ],
    killedBy: inOnce(
      'a refusal is stored and told again, and what the effect did before it declined is gone',
    ),
  },
  {
    name: 'half-an-effect',
    what: 'What an effect did before it declined stays.',
    file: runOnce,
    changes: [
      {
        from: `    await query('rollback to savepoint effect', [])
`,
        to: '',
      },
    ],
    killedBy: inOnce(
      'a refusal is stored and told again, and what the effect did before it declined is gone',
    ),
  },
  {
    name: 'refusal-parsed-again',
    what: 'A stored refusal is parsed by the schema of this release, so one that another release stored is a 500.',
    file: storedAnswer,
    changes: [
      {
        from: `import { StoredRefusal } from './stored-refusal.ts'
`,
        to: `import { Refusal, RefusalError } from '@idem/contract/refusal'
`,
      },
      {
        from: '  throw new StoredRefusal(outcome)',
        to: `  const { code, ...details } = Refusal.parse(JSON.parse(outcome.text))
  throw new RefusalError(code, details)`,
      },
    ],
    killedBy: acrossReleases(
      'a batch holds each stored refusal to the byte, beside the other answers',
    ),
  },
  {
    name: 'transient-stored',
    what: 'Every refusal is kept with its key, also those that may be mended.',
    file: refused,
    changes: [
      {
        from: '!(error instanceof RefusalError) || !stored.has(error.refusal.code)',
        to: '!(error instanceof RefusalError)',
      },
    ],
    killedBy: inRouter('an id minted longer ago than tombstones are kept is invalid input'),
  },
  {
    name: 'answer-parsed-after-commit',
    what: 'An answer that does not fit is noticed when its effect is committed.',
    file: runOnce,
    changes: [
      { from: 'return settle({ ...settings', to: 'const told = await settle({ ...settings' },
      {
        from: `
}

async function claimOrReplay<Tx>(`,
        to: `
  if (told.kind === 'answer') work.answer.parse(JSON.parse(told.text))
  return told
}

async function claimOrReplay<Tx>(`,
      },
      { from: 'work.answer.parse(await work.effect(tx))', to: 'await work.effect(tx)' },
    ],
    killedBy: inOnce('an answer that does not parse had no effect'),
  },
  {
    name: 'unknown-as-success',
    what: 'A commit that ended without an answer is taken for done.',
    file: runOnce,
    changes: [
      { from: 'settings.transact(async', to: 'swallowing(settings.transact)(async' },
      {
        from: 'const clockRefusals =',
        to: `function swallowing<Tx>(transact: OnceSettings<Tx>['transact']): OnceSettings<Tx>['transact'] {
  return async (work) => {
    let told: { answer: Awaited<ReturnType<typeof work>> } | undefined
    const heard: typeof work = async (...given) => {
      const answer = await work(...given)
      told = { answer }
      return answer
    }
    try {
      return await transact(heard)
    } catch (error) {
      if (told === undefined) throw error
      return told.answer
    }
  }
}

const clockRefusals =`,
      },
    ],
    killedBy: inOnce('a commit that was cut before it arrived is made again'),
  },
  {
    name: 'unknown-as-failure',
    what: 'A commit that ended without an answer is reported as a failure.',
    file: sqlState,
    changes: [
      {
        from: "return committing ? 'unknown' : 'rolled_back'",
        to: "return committing ? 'bug' : 'rolled_back'",
      },
    ],
    killedBy: inOnce(
      'a commit whose answer was lost is settled by the record: one effect, and never a failure',
    ),
  },
  {
    name: 'unguarded-pool',
    what: 'A client that was given up in the middle of a transaction goes back into the pool.',
    file: pool,
    changes: [{ from: '  guardPool(pool)', to: '' }],
    killedBy: inPool('a client released inside a transaction is destroyed and replaced'),
  },
  {
    name: 'address-over-time-outs',
    what: 'Options in the address of the database win over the time-outs and the zone of the pool.',
    file: 'packages/database/src/session-settings.ts',
    changes: [{ from: '[given, ...options]', to: '[...options, given]' }],
    killedBy: inPool(
      'time-outs of the pool override those in the URL, and other options of the URL are kept',
    ),
  },
  {
    name: 'pooler-without-settings',
    what: 'A transaction behind a pooler runs under the settings of whoever had the session before.',
    file: 'packages/database/src/session-settings.ts',
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
    what: 'A statement by itself is sent through a pooler without its settings.',
    file: 'packages/database/src/transaction-pooling.ts',
    changes: [{ from: 'if (isInTransaction(client)) return', to: 'if (client) return' }],
    killedBy: inPooling('Prisma writes and reads dates in UTC'),
  },
  {
    name: 'pooler-with-names',
    what: 'A statement keeps its name behind a pooler, where the next session does not know it.',
    file: 'packages/database/src/transaction-pooling.ts',
    changes: [{ from: 'const statement = nameless(given)', to: 'const statement = given' }],
    killedBy: inPooling('twenty concurrent statements of one name'),
  },
  {
    name: 'silent-rollback',
    what: 'A commit that was answered with a rollback passes for a commit.',
    file: falseSuccess,
    changes: [
      {
        from: "isCommit(statement) && result.command === 'ROLLBACK'",
        to: "isCommit(statement) && result.command === 'never'",
      },
    ],
    killedBy: inPrisma('an error that the work swallowed is not reported as a commit'),
  },
  {
    name: 'fingerprint-of-parsed',
    what: 'The parsed input is compared, so a new default turns the retry of yesterday into a mismatch.',
    file: operations,
    changes: [
      {
        from: "attemptOf('createTodo', owner, key, arrived)",
        to: "attemptOf('createTodo', owner, key, input)",
      },
    ],
    killedBy: inRouter('a title is kept trimmed, but compared as it arrived'),
  },
  {
    name: 'update-again-after-doubt',
    what: 'An update without a key is run again after an ambiguous commit, although it cannot know its own version from that of others.',
    file: operations,
    changes: [{ from: "afterDoubt: 'unavailable',", to: "afterDoubt: 'again'," }],
    killedBy: inDoubt(
      'an update without a key whose ambiguous commit was rolled back is left to a person',
    ),
  },
  {
    name: 'new-id-per-try',
    what: 'A create without a key takes a new id for each try, so a commit in doubt is made twice.',
    file: operations,
    changes: [
      {
        from: 'const draft = { owner, title, id: id ?? uuidv7(), key: null }',
        to: 'const draft = { owner, title, id, key: null }',
      },
    ],
    killedBy: inRestCreate(
      'a create without a key whose commit went unanswered is settled by its id',
    ),
  },
]
