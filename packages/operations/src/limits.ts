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

/** The wait that a pool allows a client; a healthy database gives a turn in milliseconds. */
const waitMs = 2_000

/** One holds the row and the next has its connection ready; a third would only wait, for up to 1.5 s as for a lock. */
const eachTodo = { atOnce: 2, waitMs: 1_500 }

/** Searches leave three quarters of the time of their connection, and so of a core, to all other work. */
const searchRest = 3

export type Limits = ReturnType<typeof createLimits>

/** One for each pool of connections. */
export function createLimits() {
  const transactions = createTurns({ atOnce: connections.transactions, waitMs })
  const reads = createTurns({ atOnce: connections.reads, waitMs })
  const searches = createTurns({ atOnce: connections.searches, waitMs, rest: searchRest })
  return {
    transactions,
    reads,
    searches,
    /** Turns for each owner and id. Changes of one todo wait for each other, and each would hold a connection. */
    changes: createTurns(eachTodo),
    /** How many wait for a connection. */
    waiting: () => transactions.waiting() + reads.waiting() + searches.waiting(),
  }
}

type Limited = { readonly limits: Limits }

/** Runs work that takes one of the connections for transactions. */
export function inTransactionTurn<T>(
  { limits }: Limited,
  caller: Caller,
  work: () => Promise<T>,
): Promise<T> {
  return inTurn(limits.transactions, caller, work)
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

export function inTurn<T>(turns: Turns, { from }: Caller, work: () => Promise<T>): Promise<T> {
  return orRefuse('unavailable', turns.run(work, { from }))
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
