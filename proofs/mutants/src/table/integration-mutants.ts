import type { Mutant } from '../mutant.ts'

/** Whether drivers, ORMs, poolers and frameworks keep the promise. */
export const integrationMutants: readonly Mutant[] = [
  {
    name: 'commit-before-the-answer',
    guarantee: 'key with effect',
    fault: 'The answer is stored after COMMIT, so an effect can be committed without one.',
    file: 'packages/idempotency/src/pg/pg-adapter.ts',
    from: "[...closing, { text: 'commit', values: [] }]",
    to: "[{ text: 'commit', values: [] }, ...closing]",
    killedBy:
      'packages/idempotency/src/pg/pg-adapter.test.ts > an answer that cannot be stored rolls back its effect',
  },
  {
    name: 'failed-result-of-next-committed',
    guarantee: 'key with effect',
    fault: 'A resolver that throws is committed, because `next` of tRPC resolves with its failure.',
    file: 'packages/idempotency/src/trpc/idempotent.ts',
    from: `          if (!result.ok) throw result.error
`,
    to: '',
    killedBy:
      'packages/idempotency/src/trpc/idempotent.test.ts > a resolver that throws leaves no effect, and its key is free',
  },
  {
    name: 'extension-escapes-in-production',
    guarantee: 'inside its transaction',
    fault: 'A client extension for row-level security writes outside the effect in production.',
    file: 'packages/idempotency/src/prisma/current-effect.ts',
    from: "['$transaction', ...(isProduction ? [] : [entryOfCalls])]",
    to: "isProduction ? [] : ['$transaction', entryOfCalls]",
    killedBy:
      'packages/idempotency/src/prisma/row-level-security.test.ts > an extension that opens a transaction for each call is refused in an effect with the global client, on a pool, in production',
  },
  {
    name: 'queue-in-another-effect',
    guarantee: 'inside its transaction',
    fault:
      'A queue that effects share puts the write of one into the transaction of another, through a client of `transactional`.',
    file: 'packages/idempotency/src/prisma/transactional.ts',
    from: 'nameOfCaller() === effect.name',
    to: 'nameOfCaller() !== effect',
    killedBy:
      'packages/idempotency/src/prisma/transactional.test.ts > a callbackQueue puts no write of one effect into another, of which the first fails',
  },
  {
    name: 'unawaited-part-committed-by-half',
    guarantee: 'inside its transaction',
    fault: 'An effect that ends while a $transaction inside it is running commits half of that.',
    file: 'packages/idempotency/src/prisma/effect-transaction.ts',
    from: 'isCut ||= !gate.isClosed && parts()?.isRunning() === true',
    to: '',
    killedBy:
      'packages/idempotency/src/prisma/transactional.test.ts > an effect that ends while a $transaction inside it is running leaves nothing',
  },
  {
    name: 'left-behind-by-an-effect',
    guarantee: 'inside its transaction',
    fault: 'Work that an effect left behind writes outside its transaction.',
    file: 'packages/idempotency/src/prisma/transactional.ts',
    from: 'if (effect === undefined) return client',
    to: 'if (effect === undefined || effect.gate.isClosed) return client',
    killedBy:
      'packages/idempotency/src/prisma/transactional.test.ts > work that an effect left behind writes nothing, whether the effect failed or was committed',
  },
  {
    name: 'drizzle-claims-outside-the-transaction',
    guarantee: 'inside its transaction',
    fault: 'The adapter of Drizzle sends its statements outside the transaction of the effect.',
    file: 'packages/idempotency/src/drizzle/postgres-js-transaction.ts',
    from: 'statementOf(send)(text, values)',
    to: 'client.unsafe(text, values ?? [], {})',
    killedBy:
      'packages/idempotency/src/drizzle/drizzle-adapter.test.ts > no other session sees an attempt before its commit, on postgres-js of 0.36',
  },
  {
    name: 'statement-after-the-end',
    guarantee: 'inside its transaction',
    fault: 'A statement that is sent late runs in the transaction of another effect.',
    file: 'packages/idempotency/src/pg/transaction/direct-connection.ts',
    from: 'return isOver || (isRevoked',
    to: 'return (isOver && !isBegun) || (isRevoked',
    killedBy:
      'packages/idempotency/src/pg/transaction/direct-connection.test.ts > a statement that is sent after the end',
  },
  {
    name: 'postgres-js-commit-unread',
    guarantee: 'success is committed',
    fault: 'The answer ROLLBACK to a COMMIT of postgres.js is taken for success.',
    file: 'packages/idempotency/src/drizzle/postgres-js-transaction.ts',
    from: ".command !== 'COMMIT'",
    to: ".command === ''",
    killedBy:
      'packages/idempotency/src/drizzle/drizzle-adapter.test.ts > an effect that swallowed the error of a statement is not committed, on postgres-js of 0.36',
  },
  {
    name: 'pool-of-prisma-unwatched',
    guarantee: 'success is committed',
    fault:
      'On a pool that Prisma opens itself, the rest of a call is written after its time limit.',
    file: 'packages/idempotency/src/prisma/watch-pool-of.ts',
    from: 'watch(adapter.underlyingDriver?.())',
    to: '',
    killedBy:
      'packages/idempotency/src/prisma/transaction-limit.test.ts > a call that the limit interrupts writes nothing after the rollback, on a connection string',
  },
  {
    name: 'names-behind-a-pooler',
    guarantee: 'any pooler',
    fault: 'Statements have names also behind a pooler, where the next session does not know them.',
    file: 'packages/idempotency/src/pg/transaction/send-together.ts',
    from: 'counts.pop() === 1',
    to: 'counts.pop() !== undefined',
    killedBy:
      'packages/idempotency/src/pg/transaction/send-together.test.ts > behind a pooler in transaction mode no statement has a name',
  },
  {
    name: 'names-of-a-session-that-was-reset',
    guarantee: 'any pooler',
    fault: 'A COMMIT uses the name of a statement that the session has forgotten.',
    file: 'packages/idempotency/src/pg/transaction/send-together.ts',
    from: 'if (begins && !isProven) session.names.clear()',
    to: 'void isProven',
    killedBy:
      'packages/idempotency/src/pg/transaction/send-together.test.ts > a session that was reset before a new statement',
  },
  {
    name: 'lost-connection-keeps-its-place',
    guarantee: 'connections come back',
    fault: 'Prisma 6 never releases a connection that was lost, until the pool has none left.',
    file: 'packages/idempotency/src/pg/transaction/direct-connection.ts',
    from: 'releaseOnce(error as Error)',
    to: 'void error',
    killedBy:
      'packages/idempotency/src/pg/transaction/ends-once.test.ts > a connection that is lost before COMMIT leaves the pool, also when the library does not release it',
  },
  {
    name: 'path-not-compared',
    guarantee: 'one input',
    fault: 'Deleting one post and deleting another one are the same intent.',
    file: 'packages/idempotency/src/http/attempt.ts',
    from: 'input: { url, body:',
    to: 'input: { body:',
    killedBy:
      'packages/idempotency/src/hono/idempotent.test.ts > before several routes it tells their paths apart',
  },
  {
    name: 'bound-argument-is-a-state',
    guarantee: 'one input',
    fault: 'Two deletions by a plain form with a bound id are one, under one key.',
    file: 'packages/idempotency/src/next/idempotent-action.ts',
    from: "typeof value === 'object'",
    to: "typeof value !== 'symbol'",
    killedBy:
      'packages/idempotency/src/next/idempotent-action.test.ts > an argument of bind (5) of a plain form is a part of the input',
  },
  {
    name: 'replay-changed-by-hooks',
    guarantee: 'one answer',
    fault: 'Hooks of a Fastify application change a stored response again.',
    file: 'packages/idempotency/src/fastify/idempotent.ts',
    from: 'replays.set(request, instead)',
    to: 'void replays',
    killedBy:
      'packages/idempotency/src/fastify/idempotent.test.ts > hooks of the application change a response once',
  },
  {
    name: 'late-response-is-sent',
    guarantee: 'one answer',
    fault: 'A handler of Express that answers after its time is sent in place of the error.',
    file: 'packages/idempotency/src/express/hold-response.ts',
    from: '(late() ? res : send.apply(res, args))',
    to: '(late.length ? res : send.apply(res, args))',
    killedBy:
      'packages/idempotency/src/express/idempotent.test.ts > Express 4: a handler that answers after its time',
  },
  {
    name: 'failed-revalidation-fails-the-action',
    guarantee: 'unknown is not failure',
    fault: 'An action whose answer is committed fails, because `onAnswer` does.',
    file: 'packages/idempotency/src/next/idempotent-action.ts',
    from: `if (redirectOf(error) !== undefined) throw error
    process`,
    to: `throw error
    process`,
    killedBy:
      'packages/idempotency/src/next/idempotent-action.test.ts > an `onAnswer` that fails is reported, and the committed answer is returned',
  },
]
