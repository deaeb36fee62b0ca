import type { Page } from 'playwright-core'

/** A submission as the outbox of the page stored it. */
export type Stored = {
  /** The key under which it was added. */
  readonly id: string
  /** The key under which it is sent. */
  readonly key: string
  readonly intent: StoredIntent
}

export type StoredIntent = {
  readonly operation: Operation
  /** The id of the todo. */
  readonly id: string
  readonly title: string
  readonly completed?: boolean
}

export type Operation = 'createTodo' | 'updateTodo' | 'deleteTodo' | 'restoreTodo'

/** The submissions of this account on the device, pending or answered, in order. */
export async function readStored(page: Page, account: string): Promise<Stored[]> {
  return page.evaluate(readInPage, account)
}

/** Runs in the page. */
function readInPage(account: string): Promise<Stored[]> {
  return new Promise((resolve, reject) => {
    const name = `idem-outbox-todos ${document.documentElement.dataset.installation}`
    const opening = indexedDB.open(account === 'local' ? name : `${name} of ${account}`)
    opening.onerror = () =>
      opening.error?.name === 'AbortError' ? resolve([]) : reject(opening.error)
    // Cleared at this moment: an empty database of ours would be in the way of the page.
    opening.onupgradeneeded = () => opening.transaction?.abort()
    opening.onsuccess = () => {
      const database = opening.result
      const reading = database.transaction(['entries', 'notes'])
      const settled = reading.objectStore('notes').get('outbox settled')
      const entries = reading.objectStore('entries').getAll()
      reading.onabort = () => reject(reading.error)
      reading.oncomplete = () => {
        database.close()
        const rows: Stored[] = [...(settled.result ?? []), ...entries.result]
        // Discarded without an effect: only its id is left.
        const known = rows.filter(({ intent }) => intent !== undefined)
        resolve(known.map(({ id, key, intent }) => ({ id, key, intent })))
      }
    }
  })
}
