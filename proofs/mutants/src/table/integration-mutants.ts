import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const idempotent = 'packages/idempotency/src/trpc/idempotent.ts'
const inTrpc = (test: string) =>
  killingTest('packages/idempotency/src/trpc/idempotent.test.ts', test)
const inNext = (test: string) =>
  killingTest('packages/idempotency/src/next/idempotent-action.test.ts', test)

const postgresJs = 'packages/idempotency/src/drizzle/postgres-js-transaction.ts'
const inDrizzle = (test: string, file: string) =>
  killingTest(`packages/idempotency/src/drizzle/${file}.test.ts`, test)

/** The adapters and middleware between another project's framework and the package. */
export const integrationMutants: readonly Mutant[] = [
  {
    name: 'failed-result-of-next-committed',
    fault: 'A resolver that throws is committed, because `next` of tRPC resolves with its failure.',
    file: idempotent,
    changes: [{ from: '          if (!result.ok) throw result.error\n', to: '' }],
    killedBy: inTrpc('a resolver that throws leaves no effect, and its key is free'),
  },
  {
    name: 'key-for-every-procedure',
    fault: 'A key that was used with one procedure replays its answer for another one.',
    file: idempotent,
    changes: [{ from: 'operation: call.path', to: "operation: 'mutation'" }],
    killedBy: inTrpc('another input or another procedure under one key is refused'),
  },
  {
    name: 'stream-stored-as-an-answer',
    fault: 'A stream is stored as an empty object, and every replay gets that.',
    file: idempotent,
    changes: [{ from: 'parse: withJson, ', to: '' }],
    killedBy: inTrpc('a form is refused as an input, and a stream as an answer'),
  },
  {
    name: 'state-of-the-page-is-input',
    fault: 'The second click of a double click is refused, because the first changed the state.',
    file: 'packages/idempotency/src/next/idempotent-action.ts',
    changes: [{ from: 'isStateful ? -2 : -1', to: '-1' }],
    killedBy: inNext(
      'a form that is submitted twice has one effect and two equal answers, whatever the state',
    ),
  },
  {
    name: 'bound-argument-is-a-state',
    fault: 'Two deletions by a plain form with a bound id are one, under one key.',
    file: 'packages/idempotency/src/next/idempotent-action.ts',
    changes: [{ from: "typeof value === 'object'", to: "typeof value !== 'symbol'" }],
    killedBy: inNext('an argument of bind (5) of a plain form is a part of the input'),
  },
  {
    name: 'failed-revalidation-fails-the-action',
    fault: 'An action whose answer is committed fails, because `onAnswer` does.',
    file: 'packages/idempotency/src/next/idempotent-action.ts',
    changes: [
      {
        from: 'if (redirectOf(error) !== undefined) throw error\n    process',
        to: 'throw error\n    process',
      },
    ],
    killedBy: inNext('an `onAnswer` that fails is reported, and the committed answer is returned'),
  },
  {
    name: 'redirect-rolls-back',
    fault: 'An effect that redirects is rolled back, although the person sees the page after it.',
    file: 'packages/idempotency/src/next/redirect.ts',
    changes: [{ from: "typeof digest === 'string' &&", to: "digest === '' &&" }],
    killedBy: inNext('a redirect is committed and replayed, and another signal of Next rolls back'),
  },
  {
    name: 'drizzle-claims-outside-the-transaction',
    fault: 'The adapter of Drizzle sends its statements outside the transaction of the effect.',
    file: postgresJs,
    changes: [
      { from: 'statementOf(send)(text, values)', to: 'client.unsafe(text, values ?? [], {})' },
    ],
    killedBy: inDrizzle(
      'no other session sees an attempt before its commit, on postgres-js of 0.36',
      'drizzle-adapter',
    ),
  },
  {
    name: 'drizzle-branch-goes-on',
    fault: 'A branch of a failed effect that is still running writes after the rollback.',
    file: 'packages/idempotency/src/drizzle/drizzle-adapter.ts',
    changes: [{ from: '        revokers.set(tx, revoke)\n', to: '' }],
    killedBy: inDrizzle(
      'a builder made in an effect that declined is not committed with its refusal, on node-postgres',
      'after-the-end',
    ),
  },
  {
    name: 'drizzle-builder-goes-on',
    fault: 'A builder that is awaited late writes into the transaction of another owner.',
    file: 'packages/idempotency/src/pg/direct-connection.ts',
    changes: [
      { from: 'return isOver || (isRevoked && !isEnd)', to: 'return isOver && !isRevoked' },
    ],
    killedBy: inDrizzle(
      'a builder made in a failed effect writes nothing into the transaction that its connection is in later, on node-postgres',
      'after-the-end',
    ),
  },
  {
    name: 'postgres-js-commit-unread',
    fault: 'The answer ROLLBACK to a COMMIT of postgres.js is taken for success.',
    file: postgresJs,
    changes: [{ from: ".command !== 'COMMIT'", to: ".command === ''" }],
    killedBy: inDrizzle(
      'an effect that swallowed the error of a statement is not committed, on postgres-js',
      'drizzle-adapter',
    ),
  },
  {
    name: 'postgres-js-prepares',
    fault: 'postgres.js prepares a statement behind a pooler, where the next session lacks it.',
    file: postgresJs,
    changes: [{ from: '{ ...options, prepare: false }', to: '{ ...options }' }],
    killedBy: inDrizzle(
      'an effect may prepare a statement behind PgBouncer, on postgres-js',
      'pooler',
    ),
  },
  {
    name: 'postgres-js-goes-on-elsewhere',
    fault:
      'After the end of its transaction an effect writes through a connection of another owner.',
    file: postgresJs,
    changes: [{ from: 'if (over === undefined) connection', to: 'if (true) connection' }],
    killedBy: inDrizzle(
      'a transaction that the effect ended itself takes no further statement',
      'postgres-js-transaction',
    ),
  },
  {
    name: 'path-not-compared',
    fault: 'Deleting one post and deleting another one are the same intent.',
    file: 'packages/idempotency/src/http/attempt.ts',
    changes: [{ from: 'input: { url, body:', to: 'input: { body:' }],
    killedBy: killingTest(
      'packages/idempotency/src/hono/idempotent.test.ts',
      'before several routes it tells their paths apart',
    ),
  },
  {
    name: 'apology-committed',
    fault:
      'A handler of Hono that throws is committed, because its error handler answers with 200.',
    file: 'packages/idempotency/src/hono/idempotent.ts',
    changes: [
      {
        from: 'const { res, error } = c\n',
        to: 'const { res } = c\n      const error = undefined\n',
      },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/hono/idempotent.test.ts',
      'an error handler that answers with 200 does not commit',
    ),
  },
  {
    name: 'response-changed-after-it-was-given',
    fault:
      'An error after the response of Express changes the status and the headers that are sent.',
    file: 'packages/idempotency/src/express/idempotent.ts',
    changes: [{ from: 'reset(status, headers)', to: 'release?.()' }],
    killedBy: killingTest(
      'packages/idempotency/src/express/idempotent.test.ts',
      'an error after the response changes nothing of it',
    ),
  },
  {
    name: 'late-response-is-sent',
    fault: 'A handler of Express that answers after its time is sent in place of the error.',
    file: 'packages/idempotency/src/express/hold-response.ts',
    changes: [
      {
        from: '(late() ? res : send.apply(res, args))',
        to: '(late.length ? res : send.apply(res, args))',
      },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/express/idempotent.test.ts',
      'Express 4: a handler that answers after its time',
    ),
  },
  {
    name: 'replay-changed-by-hooks',
    fault: 'Hooks of a Fastify application change a stored response again.',
    file: 'packages/idempotency/src/fastify/idempotent.ts',
    changes: [{ from: 'replays.set(request, instead)', to: 'void replays' }],
    killedBy: killingTest(
      'packages/idempotency/src/fastify/idempotent.test.ts',
      'hooks of the application change a response once',
    ),
  },
  {
    name: 'form-with-a-new-boundary',
    fault: 'A form that a middleware of Hono has read differs in each attempt.',
    file: 'packages/idempotency/src/hono/idempotent.ts',
    changes: [{ from: 'if (formData) return', to: 'if (formData === null) return' }],
    killedBy: killingTest(
      'packages/idempotency/src/hono/idempotent.test.ts',
      'a form that an earlier middleware has read with formData',
    ),
  },
  {
    name: 'thrown-error-forgotten',
    fault:
      'A handler of Fastify that throws is committed, because its error handler answers with 200.',
    file: 'packages/idempotency/src/fastify/idempotent.ts',
    changes: [{ from: 'Object.assign(running.get(request) ?? {}, { error })', to: 'void error' }],
    killedBy: killingTest(
      'packages/idempotency/src/fastify/idempotent.test.ts',
      'an error handler that answers with 200 does not commit',
    ),
  },
  {
    name: 'map-compared-as-an-empty-object',
    fault: 'Without a serializer every Map is the same input.',
    file: 'packages/idempotency/src/json.ts',
    changes: [{ from: 'if (kind === undefined ||', to: 'if (kind || kind === undefined ||' }],
    killedBy: killingTest(
      'packages/idempotency/src/create-idempotency.test.ts',
      'without a serializer a Map is refused as an input and as an answer',
    ),
  },
  {
    name: 'tables-made-by-two-at-once',
    fault: 'Two instances that migrate at once both create the tables.',
    file: 'packages/idempotency/src/cli/migrate.ts',
    changes: [
      {
        from: "'select pg_advisory_xact_lock(hashtextextended($1, 0))'",
        to: "'select hashtextextended($1, 0)'",
      },
    ],
    killedBy: killingTest(
      'packages/idempotency/src/cli/migrate.test.ts',
      'five instances that migrate at once create the tables once',
    ),
  },
  {
    name: 'attempts-queue-behind-an-upgrade',
    fault: 'An upgrade of the tables waits for a dump, and every attempt waits behind it.',
    file: 'packages/idempotency/src/cli/migrate.ts',
    changes: [{ from: "lockTimeout: '500ms'", to: "lockTimeout: '60s'" }],
    killedBy: killingTest(
      'packages/idempotency/src/cli/migrate.test.ts',
      'an upgrade that waits for a long reader lets attempts pass',
    ),
  },
]
