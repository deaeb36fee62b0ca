import type { Row } from './rows.ts'
import { incarnationNote, type RowStore, type Storage, type Tables } from './storage.ts'

/** Storage for pages that have none. It ends with the page, and `durable` says so. */
export function createMemoryStorage(): Storage {
  let maps: Maps = {
    entries: new Map(),
    outcomes: new Map(),
    notes: new Map([[incarnationNote, 'memory']]),
  }
  let turn: Promise<unknown> = Promise.resolve()
  let lastSeq = 0

  /** One at a time, each on a copy, so that a transaction that throws changes nothing. */
  function transact<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    const result = turn.then(async () => {
      const copy = {
        entries: new Map(maps.entries),
        outcomes: new Map(maps.outcomes),
        notes: new Map(maps.notes),
      }
      const value = await work(tablesIn(copy))
      maps = copy
      return value
    })
    turn = result.catch(() => undefined)
    return result
  }

  function tablesIn({ notes, ...rows }: Maps): Tables {
    return {
      all: async (store) => [...rows[store].values()],
      rowsOf: async (store, orderingKey, count) =>
        [...rows[store].values()].filter((row) => row.orderingKey === orderingKey).slice(0, count),
      entry: async (id) => rows.entries.get(id),
      async put(store, row) {
        lastSeq += 1
        rows[store].set(keyOf(store, row), { seq: lastSeq, ...row })
      },
      delete: async (store, row) => rows[store].delete(keyOf(store, row)),
      note: async (name) => notes.get(name),
      putNote: async (name, value) => notes.set(name, value),
    }
  }

  return { durable: false, read: transact, write: transact }
}

type Maps = Record<RowStore, Map<unknown, Row>> & { readonly notes: Map<string, unknown> }

function keyOf(store: RowStore, { id, orderingKey }: Row): unknown {
  return store === 'entries' ? id : orderingKey
}
