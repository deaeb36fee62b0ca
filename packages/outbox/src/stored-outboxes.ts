import { databasePrefix, resultOf } from './storage/database.ts'

/** An outbox on this device, and how much waits in it: for a page that must not show its content. */
export type StoredOutbox = {
  readonly name: string
  /** The number of intents that are not answered. */
  readonly entries: number
  /** The names of its notes. */
  readonly notes: readonly string[]
}

/**
 * The outboxes that this browser stores for this site, for example one for each account. Undefined if the
 * browser cannot tell, as without storage.
 */
export async function storedOutboxes(): Promise<readonly StoredOutbox[] | undefined> {
  try {
    const databases = await indexedDB.databases()
    const names = databases.flatMap(({ name }) => (name?.startsWith(databasePrefix) ? name : []))
    return (await Promise.all(names.map(lookInto))).filter((found) => found !== undefined)
  } catch {
    return undefined
  }
}

/** Deletes an outbox that no page uses, with all that waits in it. A page that uses it writes back what it holds. */
export async function deleteOutbox(name: string): Promise<void> {
  await resultOf(indexedDB.deleteDatabase(databasePrefix + name))
}

/** Undefined if it was deleted meanwhile: it must not come back as an empty database. */
async function lookInto(name: string): Promise<StoredOutbox | undefined> {
  const opening = indexedDB.open(name)
  opening.onupgradeneeded = () => opening.transaction?.abort()
  const database = await resultOf(opening).catch(() => undefined)
  if (database === undefined) return undefined
  // Another page may delete it just now.
  database.onversionchange = () => database.close()
  try {
    const stores = database.transaction(['entries', 'notes'])
    const [entries, notes] = await Promise.all([
      resultOf(stores.objectStore('entries').count()),
      resultOf(stores.objectStore('notes').getAllKeys()),
    ])
    return { name: name.slice(databasePrefix.length), entries, notes: notes.map(String) }
  } finally {
    database.close()
  }
}
