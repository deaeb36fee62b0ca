import { IdempotencyError } from '@idem/idempotency'
import type { CallerSignal } from '@idem/idempotency/server'
import type { Caller } from './call.ts'
import { createTurns, NoTurnError, type Turns } from './turns.ts'

/**
 * The connections of the pool, by purpose. No purpose takes the connections of another, so slow reads
 * do not delay writes, and readers are answered while every transaction waits for a lock. Maintenance
 * (cleaning, metrics, the clock) runs one statement at a time. More transactions than this gain
 * nothing on a few cores; a search may scan, so one at a time is enough.
 */
const connections = { transactions: 8, reads: 3, searches: 1, maintenance: 1 }

/** The settings that the pool of the operations needs. */
export const poolSize = Object.values(connections).reduce((sum, each) => sum + each)

/**
 * The limits of each node of a distributed database, so that one that is silent takes no connection of another. The
 * batches of a node share its own four.
 */
const nodeConnections = { batches: 4, transactions: 4, reads: 2 }

/** A node that takes this long for everything does not respond; a busy one is waited for. */
const silentMs = 500

/** The owners of the rows on each node of a distributed database. */
export type Nodes = {
  readonly nodes: () => readonly string[]
  readonly nodeOf: (owner: string) => string
}

/** The connections that a database on these nodes needs in place of `poolSize`, and in each pool of batches. */
export function poolSizesOn({ nodes }: Pick<Nodes, 'nodes'>) {
  const { batches, transactions, reads } = nodeConnections
  const { searches, maintenance } = connections
  const count = Math.max(1, nodes().length)
  return { main: count * (transactions + reads) + searches + maintenance, batches: count * batches }
}

/** The wait that a pool allows a client; a healthy database gives a turn in milliseconds. */
const waitMs = 2_000

/** One holds the row and the next has its connection ready; a third would only wait, for up to 1.5 s as for a lock. */
const eachTodo = { atOnce: 2, waitMs: 1_500 }

/** Searches leave three quarters of the time of their connection, and so of a core, to all other work. */
const searchRest = 3

export type Limits = ReturnType<typeof createLimits>

/** One for each pool of connections. With `nodes` the turns are those of the node of the owner. */
export function createLimits(nodes?: Nodes) {
  const turnsOf = (purpose: 'transactions' | 'reads') =>
    nodes === undefined
      ? createTurns({ atOnce: connections[purpose], waitMs })
      : createTurns({ atOnce: nodeConnections[purpose], waitMs, silentMs })
  const [transactions, reads] = [turnsOf('transactions'), turnsOf('reads')]
  const searches = createTurns({ atOnce: connections.searches, waitMs, rest: searchRest })
  /** Turns for each node of a distributed database. */
  const batches = createTurns({ atOnce: nodeConnections.batches, waitMs, silentMs })
  return {
    transactions,
    reads,
    searches,
    batches,
    /** The name of the turns of this owner. */
    nodeOf: nodes?.nodeOf ?? (() => ''),
    /** Turns for each owner and id. Changes of one todo wait for each other, and each would hold a connection. */
    changes: createTurns(eachTodo),
    /** How many wait for a connection. */
    waiting: () => transactions.waiting() + reads.waiting() + searches.waiting(),
    /** The work for each node of a distributed database, by its kind. */
    ofNodes: () =>
      (nodes?.nodes() ?? []).map((node) => ({
        node,
        kinds: {
          batches: batches.countsOf(node),
          transactions: transactions.countsOf(node),
          reads: reads.countsOf(node),
        },
      })),
  }
}

type Limited = { readonly limits: Limits }

/** Runs work that takes one of the connections for transactions. */
export function inTransactionTurn<T>(
  { limits }: Limited,
  caller: Caller,
  work: () => Promise<T>,
): Promise<T> {
  return inTurn(limits.transactions, { ...caller, node: limits.nodeOf(caller.owner) }, work)
}

/**
 * Runs a change of a todo. The todo is held for as long as an attempt waits for a lock, so a change
 * without a turn gets the same refusal.
 */
export function inTodoTurn<T>(
  services: Limited,
  { caller, id }: { readonly caller: Caller; readonly id: string },
  attempt: () => Promise<T>,
): Promise<T> {
  const { owner, from } = caller
  const place = { name: `${owner} ${id.toLowerCase()}`, from }
  const change = () => inTransactionTurn(services, caller, attempt)
  return orRefuse('in_flight', services.limits.changes.run(change, place))
}

export function inTurn<T>(
  turns: Turns,
  { from, node }: Pick<Caller, 'from'> & { readonly node?: string },
  work: () => Promise<T>,
): Promise<T> {
  return orRefuse('unavailable', turns.run(work, { from, name: node }))
}

async function orRefuse<T>(code: 'unavailable' | 'in_flight', turn: Promise<T>): Promise<T> {
  try {
    return await turn
  } catch (cause) {
    throw cause instanceof NoTurnError ? new IdempotencyError(code, { cause, began: false }) : cause
  }
}

/** Refuses work that no caller waits for any more, before it uses the database. */
export function expectCaller(signal: CallerSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new IdempotencyError('unavailable', { began: false, dropped: true })
  }
}
