import { killingTest } from '../killing-test.ts'
import type { Mutant } from '../mutant.ts'

const callers = 'packages/idempotency/src/run/callers.ts'
const listTodos = 'packages/todos/src/list/list-todos.ts'
const limits = 'packages/operations/src/limits/create-limits.ts'
const inCallers = (test: string) =>
  killingTest('packages/idempotency/src/run/callers.test.ts', test)
const inLimits = (test: string) =>
  killingTest('packages/operations/src/limits/limits.test.ts', test)

/** Whether an overloaded server refuses early, drops work without a waiting caller, lets no client harm another, and comes back. */
export const overloadMutants: readonly Mutant[] = [
  {
    name: 'admits-everything',
    fault: 'A full server admits every request, and answers clients that have left.',
    file: 'packages/api/src/http/admission.ts',
    changes: [{ from: '(total <= limit && own + calls <= share)', to: 'own + calls > 0' }],
    killedBy: killingTest(
      'packages/api/src/http/admission.test.ts',
      'room that was given back is used again',
    ),
  },
  {
    name: 'no-fair-share',
    fault: 'One caller may take all the room of a full class.',
    file: 'packages/api/src/http/admission.ts',
    changes: [{ from: 'Math.floor(limit / counts.callers(caller))', to: 'limit' }],
    killedBy: killingTest(
      'packages/api/src/http/admission.test.ts',
      'while a class is more than half full, each caller gets its share',
    ),
  },
  {
    name: 'no-room-for-newcomers',
    fault: 'One caller that floods the server keeps out every caller that holds nothing.',
    file: 'packages/api/src/http/admission.ts',
    changes: [{ from: 'const reserve = 1 / 8', to: 'const reserve = 0' }],
    killedBy: killingTest(
      'packages/api/src/http/admission.test.ts',
      'a caller that holds nothing is admitted beside one that has all the room',
    ),
  },
  {
    name: 'forgets-refused-callers',
    fault: 'A refused caller finds the class full again whenever it comes back.',
    file: 'packages/api/src/http/admission.ts',
    changes: [{ from: 'counts.expect(caller)', to: 'void caller' }],
    killedBy: killingTest(
      'packages/api/src/http/admission.test.ts',
      'a refused caller finds its share when it comes back',
    ),
  },
  {
    name: 'room-for-bodies-that-never-come',
    fault: 'Requests whose bodies never come fill the server, for all clients.',
    file: 'packages/api/src/http/admission.ts',
    changes: [{ from: 'if (entry.body?.complete === false) remove(entry)', to: 'void entry' }],
    killedBy: killingTest(
      'packages/api/src/http/admission.test.ts',
      'a request whose body has not come for a second gives its room to others, once',
    ),
  },
  {
    name: 'pipelines-without-limit',
    fault: 'All requests that one connection pipelines are in progress at once.',
    file: 'apps/server/src/http/pipelining.ts',
    changes: [{ from: 'const atOnce = 2', to: 'const atOnce = 1_000' }],
    killedBy: killingTest(
      'apps/server/src/http/pipelining.test.ts',
      'two of fifty requests pipelined in one write are in progress at once, and all are answered',
    ),
  },
  {
    name: 'works-for-vanished-clients',
    fault: 'A request whose client has left while it waited is executed.',
    file: callers,
    changes: [{ from: 'if (isAbandoned(attempt)) throw dropped()', to: 'void attempt' }],
    killedBy: inCallers('an attempt whose caller leaves while it waits for a connection'),
  },
  {
    name: 'batches-for-vanished-clients',
    fault:
      'An attempt whose client has left while it waited takes the place of another in a batch.',
    file: 'packages/idempotency/src/batch/waiting-members.ts',
    changes: [{ from: 'if (!isWanted(member)) continue', to: '' }],
    killedBy: killingTest(
      'packages/idempotency/src/batch/waiting-members.test.ts',
      'attempts whose callers have left take no place of one that is wanted',
    ),
  },
  {
    name: 'changes-for-vanished-clients',
    fault: 'An attempt whose client has left after the read of its batch has its effect.',
    file: 'packages/idempotency/src/batch/batch.ts',
    changes: [{ from: 'sent.filter(isWanted)', to: 'sent.filter(() => true)' }],
    killedBy: killingTest(
      'packages/idempotency/src/batch/batch-change.test.ts',
      'an attempt whose caller leaves after the read has no effect',
    ),
  },
  {
    name: 'leader-leaves-with-its-duplicates',
    fault: 'An attempt is dropped when its first caller leaves, though duplicates wait for it.',
    file: 'packages/idempotency/src/run/single-flight.ts',
    changes: [{ from: '  first.callers?.push(...(claim.callers ?? [undefined]))\n', to: '' }],
    killedBy: inCallers('a duplicate that still waits is answered'),
  },
  {
    name: 'duplicate-of-a-dropped-attempt',
    fault: 'A duplicate that arrives while a dropped attempt ends is refused like it.',
    file: 'packages/idempotency/src/run/single-flight.ts',
    changes: [{ from: 'if (wasDropped(error) && !isAbandoned(claim)) return undefined', to: '' }],
    killedBy: inCallers('a duplicate that arrives while a dropped attempt ends is executed'),
  },
  {
    name: 'ambiguous-commit-left-with-its-client',
    fault: 'A commit that ended without an answer stays unsettled when its client has left.',
    file: 'packages/idempotency/src/run/run.ts',
    changes: [
      { from: '(ambiguous ? undefined : expectCallers(claim))', to: 'expectCallers(claim)' },
    ],
    killedBy: inCallers('an ambiguous commit is settled'),
  },
  {
    name: 'requests-without-a-signal',
    fault: 'A closed connection does not abort the signal of its request.',
    file: 'packages/api/src/http/request-signal.ts',
    changes: [{ from: 'this.#socket.destroyed || ', to: '' }],
    killedBy: killingTest(
      'packages/api/src/vanished-clients.test.ts',
      'REST requests whose clients leave while they wait have no effect',
    ),
  },
  {
    name: 'hot-row-takes-the-pool',
    fault: 'As many changes of one todo wait for its lock as there are connections.',
    file: limits,
    changes: [{ from: 'atOnce: 2, waitMs: 1_500', to: 'atOnce: 200, waitMs: 1_500' }],
    killedBy: inLimits('20 changes of a todo that another session holds leave connections'),
  },
  {
    name: 'turns-by-arrival',
    fault: 'A caller whose work fills the queue makes all others wait behind it.',
    file: 'packages/operations/src/limits/turns.ts',
    changes: [{ from: "{ name = '', from = '' } = {}", to: "{ name = '' } = {}, from = ''" }],
    killedBy: killingTest(
      'packages/operations/src/limits/turns.test.ts',
      'callers get turns one after the other',
    ),
  },
  {
    name: 'refuses-as-fast-as-it-can',
    fault:
      'A connection that pipelines behind a refusal is refused again and again, which takes all the time of the process.',
    file: 'apps/server/src/http/pipelining.ts',
    changes: [{ from: '}, resting)', to: '}, 0 * resting)' }],
    killedBy: killingTest(
      'apps/server/src/http/pipelining.test.ts',
      'a connection that pipelines behind a refusal pauses',
    ),
  },
  {
    name: 'every-connection-may-queue',
    fault: 'A thousand connections may each let a hundred requests wait, which fills the memory.',
    file: 'apps/server/src/http/pipelining.ts',
    changes: [{ from: ' || waiting >= mostWaitingAtOnce', to: '' }],
    killedBy: killingTest(
      'apps/server/src/http/pipelining.test.ts',
      'a connection is closed when too many requests of all connections wait',
    ),
  },
  {
    name: 'transactions-take-the-pool',
    fault: 'Transactions that wait for locks take the connections of reads.',
    file: limits,
    changes: [{ from: 'transactions: 8', to: 'transactions: 80' }],
    killedBy: inLimits('reads are answered while every transaction waits for a lock'),
  },
  {
    name: 'search-without-a-time-limit',
    fault: 'A search goes on for as long as any statement may.',
    file: 'packages/operations/src/list-todos.ts',
    changes: [{ from: "'1000ms'", to: "'3000ms'" }],
    killedBy: inLimits('a search that takes longer than a second is refused and not tried again'),
  },
  {
    name: 'search-without-end',
    fault: 'A search without a match reads all todos of its owner.',
    file: listTodos,
    changes: [{ from: 'const mostLookedAt = 50_000', to: 'const mostLookedAt = 50_000_000' }],
    killedBy: killingTest(
      'packages/todos/src/list/list-todos.test.ts',
      'a search that finds nothing ends after 50,000 todos',
    ),
  },
  {
    name: 'search-without-rest',
    fault: 'Consecutive searches leave no time to other work.',
    file: 'packages/operations/src/limits/turns.ts',
    changes: [{ from: 'const restMs = rest *', to: 'const restMs = 0 *' }],
    killedBy: killingTest(
      'packages/operations/src/limits/turns.test.ts',
      'work that leaves time to others rests after each turn',
    ),
  },
  {
    name: 'page-ignores-retry-after',
    fault: 'A page that an overloaded server refused reads again at the next event.',
    file: 'apps/web/src/sync/poll.ts',
    changes: [{ from: ' && !isAsked', to: '' }],
    killedBy: killingTest(
      'apps/web/src/sync/poll.test.ts',
      'no event ends a wait that the server asked for, but a person does',
    ),
  },
  {
    name: 'silent-connections-keep-others-out',
    fault: 'As many connections as the server keeps open, without a request, keep all clients out.',
    file: 'apps/server/src/http/http-server.ts',
    changes: [{ from: 'const [oldest = socket] = silent', to: 'const oldest = socket' }],
    killedBy: killingTest(
      'apps/server/src/http/http-server.test.ts',
      'a connection beyond the limit takes the place of the oldest one that has sent no request',
    ),
  },
  {
    name: 'launcher-gives-up',
    fault: 'A restarted server that fails while its database is away ends the launcher.',
    file: 'scripts/processes/restart-on-crash.mjs',
    changes: [{ from: '|| variables === undefined\n', to: '|| !serves\n' }],
    killedBy: {
      project: '@idem/scripts',
      file: 'scripts/processes/restart-on-crash.test.ts',
      test: 'a restarted server that exits before it serves is started again every twelve seconds',
    },
  },
]
