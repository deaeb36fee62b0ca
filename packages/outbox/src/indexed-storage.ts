import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb'
import type { Entry, NewEntry, Outcome } from './entry.ts'
import type { Storage, Tables } from './storage.ts'

/**
 * Storage in IndexedDB. Every write is strict: on the disk, not in the system's
 * cache, before it counts, because what is sent next relies on it.
 *
 * @throws what IndexedDB throws where a page may not use it
 */
export async function openIndexedStorage(name: string): Promise<Storage> {
  const connect = connector(name)
  await connect()

  return {
    durable: true,
    async read(work) {
      // Its type promises more than it allows: IndexedDB itself refuses to write in it.
      const transaction = (await connect()).transaction(stores) as unknown as Transaction
      transaction.done.catch(() => undefined)
      return work(tablesIn(transaction))
    },
    async write(work) {
      const database = await connect()
      const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' })
      try {
        const result = await work(tablesIn(transaction))
        await transaction.done
        return result
      } catch (error) {
        abandon(transaction)
        throw error
      }
    },
  }
}

interface Schema extends DBSchema {
  entries: { key: number; value: NewEntry | Entry; indexes: { id: string; subject: string } }
  outcomes: { key: string; value: Outcome }
  notes: { key: string; value: unknown }
}
type Store = 'entries' | 'outcomes' | 'notes'
type Transaction = IDBPTransaction<Schema, Store[], 'readwrite'>

const stores: Store[] = ['entries', 'outcomes', 'notes']

/** One connection, opened again after the browser took it away. */
function connector(name: string): () => Promise<IDBPDatabase<Schema>> {
  let connection: Promise<IDBPDatabase<Schema>> | undefined
  const forget = () => {
    connection = undefined
  }

  return function connect() {
    if (connection !== undefined) return connection
    connection = openDB<Schema>(name, 1, {
      upgrade: createStores,
      // Who clears the site's data, and a newer page, must not have to wait for this one.
      blocking(_held, _wanted, event) {
        forget()
        if (event.target instanceof IDBDatabase) event.target.close()
      },
      terminated: forget,
    })
    connection.catch(forget)
    return connection
  }
}

// The version stays 1: raising it needs every other tab closed, and while that
// upgrade is blocked nothing could be kept. Entries carry a schema of their own.
function createStores(database: IDBPDatabase<Schema>): void {
  const entries = database.createObjectStore('entries', { keyPath: 'seq', autoIncrement: true })
  entries.createIndex('id', 'id', { unique: true })
  entries.createIndex('subject', 'subject')
  database.createObjectStore('outcomes', { keyPath: 'subject' })
  database.createObjectStore('notes')
}

function tablesIn(transaction: Transaction): Tables {
  const entries = transaction.objectStore('entries')
  const outcomes = transaction.objectStore('outcomes')
  const notes = transaction.objectStore('notes')
  return {
    entries: async () => (await entries.getAll()).map(numbered),
    head: async (orderingKey) => optional(await entries.index('subject').get(orderingKey)),
    entry: async (id) => optional(await entries.index('id').get(id)),
    addEntry: (entry) => entries.add(keyed(entry)),
    replaceEntry: (entry) => entries.put(keyed(entry)),
    removeEntry: (seq) => entries.delete(seq),
    outcomes: () => outcomes.getAll(),
    outcome: (orderingKey) => outcomes.get(orderingKey),
    putOutcome: (outcome) => outcomes.put(keyed(outcome)),
    removeOutcome: (orderingKey) => outcomes.delete(orderingKey),
    note: (name) => notes.get(name),
    putNote: (name, value) => notes.put(value, name),
    removeNote: (name) => notes.delete(name),
  }
}

/** IndexedDB wrote the number into it when it was added. */
function numbered(entry: NewEntry | Entry): Entry {
  return entry as Entry
}

/** The stored name of the ordering key is that of the first release: the database has an index on it. */
function keyed<Row extends { orderingKey: string }>(row: Row): Row & { subject: string } {
  return { ...row, subject: row.orderingKey }
}

function optional(entry: NewEntry | Entry | undefined): Entry | undefined {
  return entry && numbered(entry)
}

function abandon(transaction: Transaction): void {
  transaction.done.catch(() => undefined)
  try {
    transaction.abort()
  } catch {
    // It has ended already, which is what was wanted.
  }
}
