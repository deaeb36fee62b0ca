import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const records = 'packages/idempotency/src/records/records.ts'
const waitsAtMost = 'packages/idempotency/src/records/waits-at-most.ts'
const pgAdapter = 'packages/idempotency/src/pg/pg-adapter.ts'
const parts = 'packages/idempotency/src/prisma/parts.ts'
const prismaAdapter = 'packages/idempotency/src/prisma/prisma-adapter.ts'
const inSurface = (test: string) =>
  killingTest('packages/idempotency/src/create-idempotency.test.ts', test)
const inPgAdapter = (test: string) =>
  killingTest('packages/idempotency/src/pg/pg-adapter.test.ts', test)
const directConnection = 'packages/idempotency/src/pg/direct-connection.ts'
const inDirectConnection = (test: string) =>
  killingTest('packages/idempotency/src/pg/direct-connection.test.ts', test)
const inEndsOnce = (test: string) =>
  killingTest('packages/idempotency/src/pg/ends-once.test.ts', test)
const sendTogether = 'packages/idempotency/src/pg/send-together.ts'
const inSendTogether = (test: string) =>
  killingTest('packages/idempotency/src/pg/send-together.test.ts', test)
const inTransactional = (test: string) =>
  killingTest('packages/database/src/transactional-client.test.ts', test)

/** Whether the package depends on how another project sets up its database, its connections or its libraries. */
export const adapterMutants: readonly Mutant[] = [
  {
    name: 'table-by-search-path',
    fault:
      'A table is named without its schema, so the search path of the connection decides which one it is.',
    file: 'packages/idempotency/src/records/key-policy.ts',
    changes: [
      { from: '  { installation }: Tables,', to: "  _: Tables, installation = 'installation'," },
    ],
    killedBy: inSurface('the tables are found in the named schema with any search path'),
  },
  {
    name: 'wait-of-the-connection',
    fault: 'A claim waits as long as the connection allows, by default for ever.',
    file: waitsAtMost,
    changes: [
      {
        from: "set_config('lock_timeout', ",
        to: "concat('lock_timeout', ",
      },
    ],
    killedBy: inSurface('a claim waits for waitMs, also on a connection that would wait for ever'),
  },
  {
    name: 'wait-kept-by-the-session',
    fault: 'The lock time-out of a claim stays on the session, for later statements.',
    file: waitsAtMost,
    changes: [{ from: "ms', true)", to: "ms', false)" }],
    killedBy: inSurface('a wait for a claim leaves no setting on the connection'),
  },
  {
    name: 'time-in-the-zone-of-the-session',
    fault: 'The time of an answer is written in the zone of the session and read as UTC.',
    file: records,
    changes: [{ from: " at time zone 'UTC', 'YYYY", to: ", 'YYYY" }],
    killedBy: inSurface('the time of an answer is right in a session whose zone is New York'),
  },
  {
    name: 'malformed-key-sent',
    fault: 'A key that the database rejects is sent, and fails the batch of others.',
    file: 'packages/idempotency/src/records/checked-name.ts',
    changes: [{ from: '!keyForm.test(key)', to: 'key.length > 255' }],
    killedBy: inSurface('the key "nul\\u0000" is refused as key_malformed before anything is sent'),
  },
  {
    name: 'input-compared-before-it-is-serialized',
    fault: 'An input is compared as plain JSON, in which every Map is the same.',
    file: 'packages/idempotency/src/create-idempotency.ts',
    changes: [{ from: 'jsonOfInput(input, serializer)', to: 'input' }],
    killedBy: inSurface('an input is compared as the serializer writes it'),
  },
  {
    name: 'pg-without-transaction',
    fault: 'The adapter of pg opens no transaction, so a claim stays when its effect fails.',
    file: pgAdapter,
    changes: [
      {
        from: '[begin, ...(opening ?? [])]',
        to: "[{ text: 'select', values: [] }, ...(opening ?? [])]",
      },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/run/run.test.ts',
      'an effect that fails is rolled back and leaves the key free',
    ),
  },
  {
    name: 'pg-in-any-isolation',
    fault: 'The adapter of pg uses the default isolation level of the session.',
    file: sendTogether,
    changes: [{ from: 'begin isolation level read committed', to: 'begin' }],
    killedBy: inPgAdapter(
      'a transaction is READ COMMITTED, also in a session with another default',
    ),
  },
  {
    name: 'commit-before-the-answer',
    fault: 'The answer is stored after COMMIT, so an effect can be committed without one.',
    file: pgAdapter,
    changes: [
      {
        from: "[...closing, { text: 'commit', values: [] }]",
        to: "[{ text: 'commit', values: [] }, ...closing]",
      },
    ],
    killedBy: inPgAdapter('an answer that cannot be stored rolls back its effect'),
  },
  {
    name: 'every-statement-by-itself',
    fault: 'A statement that was sent together with a failed one is still executed.',
    file: sendTogether,
    changes: [
      {
        from: `        connection.execute({})
      }
      connection.sync()`,
        to: `        connection.execute({})
        connection.sync()
      }`,
      },
    ],
    killedBy: inSendTogether('after a statement that fails none of the same message is executed'),
  },
  {
    name: 'unchecked-message-with-commit',
    fault:
      'A COMMIT that is sent with the answer is not checked, so a rollback counts as a commit.',
    file: 'packages/idempotency/src/pg/verify-commit.ts',
    changes: [{ from: 'if (isFunction(submit) && isFunction(callback)) {', to: 'if (false) {' }],
    killedBy: inSendTogether('a COMMIT in a message is checked'),
  },
  {
    name: 'own-begin-in-a-message',
    fault: 'BEGIN is sent in a message that code around the client cannot read.',
    file: sendTogether,
    changes: [
      { from: "Object.hasOwn(client, 'query') && !isVerified(client)", to: 'client === undefined' },
    ],
    killedBy: inSendTogether('a client whose query was replaced gets each statement by itself'),
  },
  {
    name: 'names-behind-a-pooler',
    fault: 'Statements have names also behind a pooler, where the next session does not know them.',
    file: sendTogether,
    changes: [{ from: 'counts.pop() === 1', to: 'counts.pop() !== undefined' }],
    killedBy: inSendTogether('behind a pooler in transaction mode no statement has a name'),
  },
  {
    name: 'name-left-behind',
    fault: 'A name that a failed message left in the session is never free again.',
    file: sendTogether,
    changes: [{ from: "if (name !== unnamed) connection.close({ type: 'S', name })", to: '' }],
    killedBy: inSendTogether('a statement that failed when it was prepared is prepared again'),
  },
  {
    name: 'session-never-reset',
    fault: 'After DISCARD ALL no statement of the session works.',
    file: sendTogether,
    changes: [{ from: 'if (Object(error).code !== unknownName) throw error', to: 'throw error' }],
    killedBy: inSendTogether('a session that was reset gets statements without names'),
  },
  {
    name: 'scan-in-a-kept-plan',
    fault: 'A plan that is kept from the first attempts reads all records for each later one.',
    file: 'packages/idempotency/src/records/only-by-index.ts',
    changes: [{ from: 'as n where n =', to: 'as n where false and n =' }],
    killedBy: killingTest(
      'packages/idempotency/src/records/records.test.ts',
      'the plans that a session keeps do not scan the records, also when they were made for two of them',
    ),
  },
  {
    name: 'claim-planned-each-time',
    fault: 'Each claim of a young key is planned anew, because a plan for its times looks cheaper.',
    file: 'packages/idempotency/src/records/key-policy.ts',
    changes: [
      { from: 'until] = [`(select ', to: 'until] = [`(' },
      { from: ', `(select ', to: ', `(' },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/records/records.test.ts',
      'a session that began with an empty table keeps its plans',
    ),
  },
  {
    name: 'commit-of-the-library-alone',
    fault: 'COMMIT of a library leaves the answer behind, so the effect is committed without it.',
    file: directConnection,
    changes: [{ from: '[...closing, { text, values: [] }]', to: '[{ text, values: [] }]' }],
    killedBy: inDirectConnection(
      'BEGIN of a library waits for the opening, and its COMMIT takes the last statement with it',
    ),
  },
  {
    name: 'begin-of-the-library-lost',
    fault: 'A transaction that a library uses itself never begins, so it cannot be rolled back.',
    file: directConnection,
    changes: [{ from: 'for (const each of held) await', to: 'for (const each of []) await' }],
    killedBy: inDirectConnection(
      'a transaction that the library uses itself begins as the library wants',
    ),
  },
  {
    name: 'rollback-to-a-silent-server',
    fault:
      'After a statement that was not answered in time the adapter waits as long again for a rollback.',
    file: pgAdapter,
    changes: [{ from: 'if (!isSilent(error)) await', to: 'await' }],
    killedBy: inPgAdapter('a statement that is not answered in time rejects at once'),
  },
  {
    name: 'rollback-awaited-by-prisma',
    fault:
      'After a statement that was not answered in time the adapter of Prisma waits for a rollback.',
    file: prismaAdapter,
    changes: [{ from: "if (codeOf(error) === 'ETIMEDOUT') reject(error)", to: '' }],
    killedBy: killingTest(
      'packages/idempotency/src/prisma/prisma-adapter.test.ts',
      'a statement that is not answered in time rejects, although its ROLLBACK is never answered',
    ),
  },
  {
    name: 'prisma-code-passed-through',
    fault:
      'A code of Prisma counts as a SQLSTATE, so a lost connection is a failure of the effect.',
    file: 'packages/idempotency/src/pg/prisma-states.ts',
    changes: [{ from: 'return /^P[1-9]\\d{3}$/.test(code)', to: "return code === ''" }],
    killedBy: killingTest(
      'packages/idempotency/src/pg/prisma-states.test.ts',
      'P1017 before the commit means that nothing happened, and during the commit is ambiguous',
    ),
  },
  {
    name: 'slow-effect-run-again',
    fault:
      'An effect that Prisma ended at its time limit is run again, and the database is blamed.',
    file: prismaAdapter,
    changes: [{ from: 'tookTooLong(error, timeout) ?? error', to: 'error' }],
    killedBy: killingTest(
      'packages/database/src/transaction-limit.test.ts',
      'an effect that computes for longer than its transaction may take runs once',
    ),
  },
  {
    name: 'prisma-without-transaction',
    fault: 'The adapter of Prisma hands out its client, so a claim stays when its effect fails.',
    file: 'packages/idempotency/src/prisma/transact.ts',
    changes: [
      {
        from: 'const { tx, gate } = effectTransaction(plain)',
        to: 'const [tx, { gate }] = [client as unknown as Tx, effectTransaction(plain)]',
      },
    ],
    killedBy: inTransactional(
      'a $transaction of calls on the transaction that an effect got is rolled back',
    ),
  },
  {
    name: 'transactional-outside-its-effect',
    fault: 'A client of `transactional` never uses the transaction of the effect.',
    file: 'packages/idempotency/src/prisma/transactional.ts',
    changes: [
      {
        from: 'if (effect === undefined) return client',
        to: 'if (client !== undefined) return client',
      },
    ],
    killedBy: inTransactional(
      'an effect that used the global client and failed leaves no row, and its retry makes one, in production',
    ),
  },
  {
    name: 'kept-model-outside-its-effect',
    fault:
      'A model of a client of `transactional` that was kept in a variable writes outside the effect.',
    file: 'packages/idempotency/src/prisma/intercepted.ts',
    changes: [{ from: '(found) => Reflect.get(found, name)', to: '() => member' }],
    killedBy: inTransactional(
      'an effect that used the global client and failed leaves no row, and its retry makes one, in production',
    ),
  },
  {
    name: 'calls-outside-their-effect',
    fault:
      'The calls of a $transaction inside an effect go to a separate transaction, as in Prisma 7.',
    file: 'packages/idempotency/src/prisma/effect-transaction.ts',
    changes: [{ from: 'own: { $transaction: inPart }', to: 'own: { inPart }' }],
    killedBy: inTransactional(
      'a $transaction of calls on the transaction that an effect got is rolled back with the effect',
    ),
  },
  {
    name: 'part-without-savepoint',
    fault: 'A failed $transaction inside an effect leaves its writes in the effect.',
    file: parts,
    changes: [{ from: 'await query(`rollback to', to: 'void (`rollback to' }],
    killedBy: inTransactional(
      'a $transaction inside an effect that fails leaves nothing of itself, and the effect goes on',
    ),
  },
  {
    name: 'parts-at-once',
    fault:
      'Two $transaction that are opened at once inside an effect share a savepoint, and the end of one takes the writes of the other.',
    file: parts,
    changes: [{ from: 'await last\n', to: '' }],
    killedBy: inTransactional(
      'two $transaction at once inside an effect end by themselves, also when the first one fails',
    ),
  },
  {
    name: 'failed-part-still-writes',
    fault: 'A branch of a failed $transaction continues to write in the effect around it.',
    file: parts,
    changes: [{ from: "levelIn('failed') !== undefined", to: "levelIn('failed') === whole" }],
    killedBy: inTransactional(
      'a $transaction that fails while another branch of it still writes leaves nothing',
    ),
  },
  {
    name: 'queue-in-another-effect',
    fault:
      'A queue that effects share puts the write of one into the transaction of another, through a client of `transactional`.',
    file: 'packages/idempotency/src/prisma/transactional.ts',
    changes: [{ from: 'nameOfCaller() === effect.name', to: 'nameOfCaller() !== effect' }],
    killedBy: inTransactional(
      'a callbackQueue puts no write of one effect into another, of which the first fails',
    ),
  },
  {
    name: 'second-client-escapes',
    fault: 'A second client of `transactional` writes outside the transaction of the effect.',
    file: 'packages/idempotency/src/prisma/transactional.ts',
    changes: [
      {
        from: 'if (effect.client !== client) return new Error(notItsOwn)',
        to: 'if (effect.client !== client) return client',
      },
    ],
    killedBy: inTransactional(
      'a second transactional client, of a client of its own, is refused inside an effect',
    ),
  },
  {
    name: 'unawaited-part-committed-by-half',
    fault: 'An effect that ends while a $transaction inside it is running commits half of that.',
    file: 'packages/idempotency/src/prisma/gate.ts',
    changes: [{ from: 'isCut ||= !gate.isClosed && parts().isRunning()', to: '' }],
    killedBy: inTransactional(
      'an effect that ends while a $transaction inside it is running leaves nothing',
    ),
  },
  {
    name: 'extension-escapes-in-production',
    fault: 'A client extension for row-level security writes outside the effect in production.',
    file: 'packages/idempotency/src/prisma/current-effect.ts',
    changes: [
      {
        from: "['$transaction', ...(isProduction ? [] : [entryOfCalls])]",
        to: "isProduction ? [] : ['$transaction', entryOfCalls]",
      },
    ],
    killedBy: killingTest(
      'packages/database/src/row-level-security.test.ts',
      'an extension that opens a transaction for each call is refused in an effect with the global client, on a pool, in production',
    ),
  },
  {
    name: 'pool-of-prisma-unwatched',
    fault:
      'On a pool that Prisma opens itself, the rest of a call is written after its time limit.',
    file: 'packages/idempotency/src/prisma/watch-pool-of.ts',
    changes: [{ from: 'watch(adapter.underlyingDriver?.())', to: '' }],
    killedBy: killingTest(
      'packages/database/src/transaction-limit.test.ts',
      'a call that the limit interrupts writes nothing after the rollback, on a connection string',
    ),
  },
  {
    name: 'released-twice',
    fault: 'A library that releases a connection twice takes it from another request.',
    file: directConnection,
    changes: [{ from: 'release = () => {}', to: '' }],
    killedBy: inEndsOnce(
      'a library that releases its connection twice does not take it from another transaction',
    ),
  },
  {
    name: 'lost-connection-keeps-its-place',
    fault: 'Prisma 6 never releases a connection that was lost, until the pool has none left.',
    file: directConnection,
    changes: [{ from: 'releaseOnce(error as Error)', to: 'void error' }],
    killedBy: inEndsOnce(
      'a connection that is lost before COMMIT leaves the pool, also when the library does not release it',
    ),
  },
  {
    name: 'declined-effect-still-writes',
    fault:
      'A branch of an effect that declined continues to write, and is committed with the refusal.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      {
        from: `may still be running.
    const revoked = adapter.revoke?.(tx)`,
        to: `may still be running.
    const revoked = undefined`,
      },
    ],
    killedBy: inTransactional(
      'an effect that declines while another branch of it still writes with its transaction leaves nothing',
    ),
  },
  {
    name: 'call-made-before-sent-after',
    fault:
      'A call of Prisma that was created before its effect declined, and is awaited afterwards, is sent.',
    file: 'packages/idempotency/src/prisma/effect-transaction.ts',
    changes: [
      {
        from: 'const error = gate.refusal()\n        const answer',
        to: 'const error = undefined\n        const answer',
      },
    ],
    killedBy: inTransactional(
      'an effect that declines while another branch of it still writes with the global client leaves nothing',
    ),
  },
  {
    name: 'effect-keeps-its-client',
    fault:
      'Code that an effect left running writes through the client of pg, by itself or in the transaction of another request.',
    file: 'packages/idempotency/src/pg/revocable-client.ts',
    changes: [{ from: 'revoked.has(revocable)', to: 'revoked.has(client)' }],
    killedBy: killingTest(
      'packages/idempotency/src/run/run.test.ts',
      'an effect that fails while another branch of it still writes leaves nothing',
    ),
  },
  {
    name: 'left-behind-by-an-effect',
    fault: 'Work that an effect left behind writes outside its transaction.',
    file: 'packages/idempotency/src/prisma/transactional.ts',
    changes: [
      {
        from: 'if (effect === undefined) return client',
        to: 'if (effect === undefined || effect.gate.isClosed) return client',
      },
    ],
    killedBy: inTransactional(
      'work that an effect left behind writes nothing, whether the effect failed or was committed',
    ),
  },
  {
    name: 'client-used-inside-an-effect',
    fault: 'In development an effect may use the client itself without an error.',
    file: 'packages/idempotency/src/prisma/current-effect.ts',
    changes: [{ from: "'$connect' in this", to: "'nothing' in this" }],
    killedBy: inTransactional('a model of the client itself is refused inside an effect'),
  },
  {
    name: 'cause-not-read',
    fault: 'The error of the database is not found where a framework wrapped it.',
    file: 'packages/idempotency/src/pg/code-in.ts',
    changes: [
      { from: 'of causesOf(error)', to: 'of [error].filter((each) => each instanceof Error)' },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/pg/code-of.test.ts',
      '40001 is found, also where a framework wrapped the error',
    ),
  },
]
