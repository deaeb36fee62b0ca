import type { Entry, Outcome } from './entry.ts'
import type { Storage, Tables } from './storage.ts'

/** Storage for pages that have none. What is written here ends with the page, and `durable` says so. */
export function createMemoryStorage(): Storage {
  let rows: Rows = { next: 1, entries: [], outcomes: [], notes: new Map() }
  let turn: Promise<unknown> = Promise.resolve()

  /** One after another, each on a copy: a transaction that throws leaves nothing. */
  function transact<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const result = turn.then(async () => {
      const copy = { ...rows, notes: new Map(rows.notes) }
      const value = await work(tablesOver(copy))
      rows = copy
      return value
    })
    turn = result.catch(() => undefined)
    return result
  }

  return { durable: false, read: transact, write: transact }
}

type Rows = { next: number; entries: Entry[]; outcomes: Outcome[]; notes: Map<string, unknown> }

function tablesOver(rows: Rows): Tables {
  return {
    entries: async () => rows.entries,
    head: async (orderingKey) => rows.entries.find((entry) => entry.orderingKey === orderingKey),
    entry: async (id) => rows.entries.find((entry) => entry.id === id),
    async addEntry(entry) {
      rows.entries = [...rows.entries, { ...entry, seq: rows.next }]
      rows.next += 1
    },
    async replaceEntry(entry) {
      rows.entries = rows.entries.map((other) => (other.seq === entry.seq ? entry : other))
    },
    async removeEntry(seq) {
      rows.entries = rows.entries.filter((entry) => entry.seq !== seq)
    },
    outcomes: async () => rows.outcomes,
    outcome: async (orderingKey) =>
      rows.outcomes.find((outcome) => outcome.orderingKey === orderingKey),
    async putOutcome(outcome) {
      rows.outcomes = [...without(rows.outcomes, outcome.orderingKey), outcome]
    },
    async removeOutcome(orderingKey) {
      rows.outcomes = without(rows.outcomes, orderingKey)
    },
    note: async (name) => rows.notes.get(name),
    putNote: async (name, value) => rows.notes.set(name, value),
    removeNote: async (name) => rows.notes.delete(name),
  }
}

function without(outcomes: Outcome[], orderingKey: string): Outcome[] {
  return outcomes.filter((outcome) => outcome.orderingKey !== orderingKey)
}
