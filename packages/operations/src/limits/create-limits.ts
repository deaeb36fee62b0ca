import { createTurns } from './turns.ts'

/**
 * The connections of the pool, by purpose. No purpose takes the connections of another, so slow reads
 * do not delay writes, and readers are answered while every transaction waits for a lock. Maintenance
 * (cleaning, metrics, the clock) runs one statement at a time. More transactions than this gain
 * nothing on a few cores; a search may scan, so one at a time is enough.
 */
const connections = { transactions: 8, reads: 3, searches: 1, maintenance: 1 }

/** The settings that the pool of the operations needs. */
export const poolSize = Object.values(connections).reduce((sum, each) => sum + each)

/** As long as a pool lets a client wait; a healthy database gives a turn in milliseconds. */
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
    /** By owner and id. Changes of one todo wait for each other, and each would hold a connection. */
    changes: createTurns(eachTodo),
    /** How many wait for a connection. */
    waiting: () => transactions.waiting() + reads.waiting() + searches.waiting(),
  }
}
