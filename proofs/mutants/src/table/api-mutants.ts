import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

/** Whether both APIs accept the key as specified and check the caller. */
export const apiMutants: readonly Mutant[] = [
  {
    name: 'replay-without-authentication',
    fault: 'A caller who knows a key gets its answer without authentication.',
    file: 'packages/api/src/rest/answer-call.ts',
    changes: [
      {
        from: 'settings.contextOf(request)',
        to: "known.get(request.headers['idempotency-key']) ?? settings.contextOf(request)",
      },
      {
        from: '    if (key !== undefined) {\n',
        to: '    if (key !== undefined) {\n      known.set(key, context)\n',
      },
      {
        from: 'type Found = {',
        to: 'const known = new Map<unknown, Context>()\n\ntype Found = {',
      },
    ],
    killedBy: killingTest(
      'packages/api/src/rest/refusals.test.ts',
      'the caller is identified before a key is claimed, for a retry as well',
    ),
  },
  {
    name: 'quotes-in-the-key',
    fault: 'The quotes of a quoted key count as a part of it.',
    file: 'packages/api/src/http/key-header.ts',
    changes: [{ from: 'quoted ?? value', to: "quoted === '' ? quoted : value" }],
    killedBy: killingTest(
      'packages/api/src/rest/endpoints/create-todo.test.ts',
      'a quoted key is the same key as a bare one',
    ),
  },
  {
    name: 'header-key-ignored',
    fault: 'A key in the header of a tRPC call is ignored, so its sender is not protected.',
    file: 'packages/api/src/trpc/procedures.ts',
    changes: [{ from: '        expectOneKey(call)\n', to: '' }],
    killedBy: killingTest(
      'packages/api/src/trpc/key-header.test.ts',
      'a header with another key than the input is refused, and no todo is created',
    ),
  },
  {
    name: 'deadline-outlives-its-call',
    fault: 'The timer of a call continues after the call has ended.',
    file: 'packages/api/src/http/with-deadline.ts',
    changes: [{ from: '    clearTimeout(timer)\n', to: '' }],
    killedBy: killingTest(
      'packages/api/src/http/with-deadline.test.ts',
      'a call that throws before it returns a promise leaves no timer behind',
    ),
  },
  {
    name: 'another-local-port',
    fault: 'The page of any program on this machine may change things.',
    file: 'apps/server/src/http/http-guard.ts',
    changes: [
      { from: 'page.host ===', to: 'page.hostname ===' },
      { from: '?.host ||', to: '?.hostname ||' },
    ],
    killedBy: killingTest(
      'apps/server/src/http/http-guard.test.ts',
      'a page of "http://localhost:8080" may not send mutations to localhost:3000',
    ),
  },
  {
    name: 'metrics-through-a-proxy',
    fault: 'The metrics are shown to every user of a proxy in front.',
    file: 'apps/server/src/metrics/metrics-guard.ts',
    changes: [
      {
        from: '    if (isDirect(request)) return undefined\n',
        to: '    if (isDirect) return undefined\n',
      },
    ],
    killedBy: killingTest(
      'apps/server/src/metrics/metrics-guard.test.ts',
      'a request with x-forwarded-for counts as forwarded and is refused without a token',
    ),
  },
  {
    name: 'bare-mutation',
    fault: 'A mutation can be written without a decision about repeated calls.',
    file: 'packages/api/src/trpc/procedures.ts',
    changes: [
      {
        from: '    /** A read. */\n',
        to: '    mutation: builder,\n\n    /** A read. */\n',
      },
    ],
    killedBy: killingTest(
      'packages/api/src/trpc/procedures.test.ts',
      'a mutation cannot be written without a decision about repeated calls',
    ),
  },
  {
    name: 'procedures-called-around-trpc',
    fault:
      'The slim adapter calls a procedure directly though it has a middleware, which is skipped.',
    file: 'packages/api/src/trpc/call-procedure.ts',
    changes: [
      {
        from: 'const [parseInput, resolve, ...others] = middlewares',
        to: "const [parseInput, resolve, ...others] = middlewares.slice(middlewares.findIndex(({ _type }) => _type === 'input'))",
      },
    ],
    killedBy: killingTest(
      'packages/api/src/trpc/middleware.test.ts',
      'a middleware runs for each call of a batch',
    ),
  },
  {
    name: 'stored-answer-to-callers',
    fault: 'A server-side caller gets the stored answer, text and all, instead of its value.',
    file: 'packages/api/src/trpc/procedures.ts',
    changes: [{ from: 'writesStoredText === true ?', to: 'writesStoredText !== false ?' }],
    killedBy: killingTest(
      'packages/api/src/trpc/middleware.test.ts',
      'a server-side caller gets the todo as a value',
    ),
  },
]
