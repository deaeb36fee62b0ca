import type { Row } from './rows.ts'
import type { Storage, Tables } from './storage.ts'

/** Storage for pages that have none. What is written here ends with the page, and `durable` says so. */
export function createMemoryStorage(): Storage {
  let tables: Kept = { next: 1, entries: [], outcomes: [], notes: new Map() }
  let turn: Promise<unknown> = Promise.resolve()

  /** One after another, each on a copy: a transaction that throws leaves nothing. */
  function transact<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const result = turn.then(async () => {
      const copy = { ...tables, notes: new Map(tables.notes) }
      const value = await work(tablesOver(copy))
      tables = copy
      return value
    })
    turn = result.catch(() => undefined)
    return result
  }

  return { durable: false, read: transact, write: transact }
}

type Kept = { next: number; entries: Row[]; outcomes: Row[]; notes: Map<string, unknown> }

function tablesOver(kept: Kept): Tables {
  const withKey = (rows: Row[], orderingKey: string) =>
    rows.filter(({ subject }) => subject === orderingKey)
  const withoutKey = (rows: Row[], orderingKey: string) =>
    rows.filter(({ subject }) => subject !== orderingKey)
  return {
    entries: async () => kept.entries,
    entriesOf: async (orderingKey) => withKey(kept.entries, orderingKey),
    head: async (orderingKey) => withKey(kept.entries, orderingKey)[0],
    entry: async (id) => kept.entries.find((row) => row.id === id),
    async addEntry(row) {
      kept.entries = [...kept.entries, { ...row, seq: kept.next }]
      kept.next += 1
    },
    async replaceEntry(row) {
      kept.entries = kept.entries.map((other) => (other.seq === row.seq ? row : other))
    },
    async removeEntry(seq) {
      kept.entries = kept.entries.filter((row) => row.seq !== seq)
    },
    outcomes: async () => kept.outcomes,
    outcome: async (orderingKey) => withKey(kept.outcomes, orderingKey)[0],
    async putOutcome(row) {
      kept.outcomes = [...withoutKey(kept.outcomes, row.subject), row]
    },
    async removeOutcome(orderingKey) {
      kept.outcomes = withoutKey(kept.outcomes, orderingKey)
    },
    note: async (name) => kept.notes.get(name),
    putNote: async (name, value) => kept.notes.set(name, value),
    removeNote: async (name) => kept.notes.delete(name),
  }
}
