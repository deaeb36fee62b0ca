import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb'
import type { Row } from './rows.ts'
import { incarnationNote, type Storage, type Tables } from './storage.ts'

/**
 * Storage in IndexedDB. Every write is strict: on the disk, not in the system's
 * cache, before it counts, because what is sent next relies on it.
 *
 * @param onLost called when the browser takes the connection away, as it does
 * when somebody clears the site's data
 * @throws what IndexedDB throws where a page may not use it
 */
export async function openIndexedStorage(
  name: string,
  onLost: () => void = () => undefined,
): Promise<Storage> {
  const connect = connector(name, onLost)
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
  entries: { key: number; value: Row; indexes: { id: string; subject: string } }
  outcomes: { key: string; value: Row }
  notes: { key: string; value: unknown }
}
type Store = 'entries' | 'outcomes' | 'notes'
type Transaction = IDBPTransaction<Schema, Store[], 'readwrite'>

const stores: Store[] = ['entries', 'outcomes', 'notes']

/** One connection, opened again after the browser took it away. */
function connector(name: string, onLost: () => void): () => Promise<IDBPDatabase<Schema>> {
  let connection: Promise<IDBPDatabase<Schema>> | undefined
  const forget = () => {
    connection = undefined
  }

  return function connect() {
    if (connection !== undefined) return connection
    connection = openDB<Schema>(name, 1, {
      upgrade: createStores,
      // Clearing the site's data, and a newer page, must not have to wait for this one.
      blocking(_held, _wanted, event) {
        forget()
        if (event.target instanceof IDBDatabase) event.target.close()
        onLost()
      },
      terminated() {
        forget()
        onLost()
      },
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
  const notes = database.createObjectStore('notes')
  // In the transaction that makes the database, whose failure is that of opening it.
  notes.put(`${Date.now()} ${Math.random()}`, incarnationNote).catch(() => undefined)
}

function tablesIn(transaction: Transaction): Tables {
  const entries = transaction.objectStore('entries')
  const outcomes = transaction.objectStore('outcomes')
  const notes = transaction.objectStore('notes')
  return {
    entries: () => entries.getAll(),
    entriesOf: (orderingKey) => entries.index('subject').getAll(orderingKey),
    head: (orderingKey) => entries.index('subject').get(orderingKey),
    entry: (id) => entries.index('id').get(id),
    addEntry: (row) => entries.add(row),
    replaceEntry: (row) => entries.put(row),
    removeEntry: (seq) => entries.delete(seq),
    outcomes: () => outcomes.getAll(),
    outcome: (orderingKey) => outcomes.get(orderingKey),
    putOutcome: (row) => outcomes.put(row),
    removeOutcome: (orderingKey) => outcomes.delete(orderingKey),
    note: (name) => notes.get(name),
    putNote: (name, value) => notes.put(value, name),
    removeNote: (name) => notes.delete(name),
  }
}

function abandon(transaction: Transaction): void {
  transaction.done.catch(() => undefined)
  try {
    transaction.abort()
  } catch {
    // It has ended already, which is what was wanted.
  }
}
