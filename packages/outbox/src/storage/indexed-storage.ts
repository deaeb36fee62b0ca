import { ignorable } from '../ignorable.ts'
import { resultOf } from './database.ts'
import { incarnationNote, type Storage, type Tables } from './storage.ts'

/**
 * Storage in IndexedDB. Every write is strict: on the disk, not in the system's
 * cache, before it counts, because the next request relies on it.
 *
 * @param onLost called when the connection is closed, for example because a person
 * clears the site's data: then open it again
 * @throws the error of IndexedDB where a page may not use it
 */
export async function openIndexedStorage(
  name: string,
  onLost: () => void = () => undefined,
): Promise<Storage> {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => createStores(opening.result)
  const database = await resultOf(opening)
  database.onclose = onLost
  // A person who clears the site's data, or a newer page, does not have to wait for this one.
  database.onversionchange = () => {
    database.close()
    onLost()
  }

  async function transact<T>(
    mode: 'readonly' | 'readwrite',
    work: (tables: Tables) => Promise<T>,
  ): Promise<T> {
    const transaction = database.transaction(stores, mode, { durability: 'strict' })
    const committed = commitOf(transaction)
    try {
      const result = await work(tablesIn(transaction))
      await committed
      return result
    } catch (error) {
      abandon(transaction)
      throw error
    }
  }

  return {
    durable: true,
    read: (work) => transact('readonly', work),
    write: (work) => transact('readwrite', work),
  }
}

const stores = ['entries', 'outcomes', 'notes']

// The version stays 1: an upgrade waits until all other tabs are closed, and nothing
// can be stored while it waits. Entries have a schema version of their own.
function createStores(database: IDBDatabase): void {
  const entries = database.createObjectStore('entries', { keyPath: 'seq', autoIncrement: true })
  entries.createIndex('id', 'id', { unique: true })
  entries.createIndex('orderingKey', 'orderingKey')
  database.createObjectStore('outcomes', { keyPath: 'orderingKey' })
  database.createObjectStore('notes').put(`${Date.now()} ${Math.random()}`, incarnationNote)
}

function tablesIn(transaction: IDBTransaction): Tables {
  const store = (name: string) => transaction.objectStore(name)
  const notes = store('notes')
  return {
    all: (name) => resultOf(store(name).getAll()),
    rowsOf: (name, orderingKey, count) => {
      const rows = name === 'entries' ? store(name).index('orderingKey') : store(name)
      return resultOf(rows.getAll(orderingKey, count))
    },
    entry: (id) => resultOf(store('entries').index('id').get(id)),
    put: (name, row) => resultOf(store(name).put(row)),
    delete: (name, row) => {
      const rows = store(name)
      // Each row has the member that its key is.
      return resultOf(rows.delete(row[`${rows.keyPath}`] as IDBValidKey))
    },
    note: (name) => resultOf(notes.get(name)),
    putNote: (name, value) =>
      value === undefined ? resultOf(notes.delete(name)) : resultOf(notes.put(value, name)),
  }
}

function commitOf(transaction: IDBTransaction): Promise<void> {
  return ignorable(
    new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    }),
  )
}

function abandon(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}
