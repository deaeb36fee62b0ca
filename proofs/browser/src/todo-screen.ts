import type { Page } from 'playwright-core'

/** The page as a person uses it: by accessible names. */
export function todoScreen(page: Page) {
  const field = page.getByRole('textbox', { name: 'New todo' })
  const list = page.getByRole('list', { name: 'Todos' })
  const status = page.getByRole('status')
  return {
    page,
    field,
    list,
    status,
    addButton: page.getByRole('button', { name: 'Add' }),
    rows: list.getByRole('listitem'),
    row: (title: string) => list.getByRole('listitem').filter({ hasText: title }),
    deleteButton: (title: string) => page.getByRole('button', { name: `Delete ${title}` }),

    async add(title: string): Promise<void> {
      await field.fill(title)
      await field.press('Enter')
    },

    /** Resolves when the page shows that everything is saved and its outbox is empty. */
    async saved(): Promise<void> {
      await status.and(page.getByText('Saved', { exact: true })).waitFor()
      await page.waitForFunction(countEntries, undefined, { polling: 50 }).catch(() => {
        throw new Error('The page shows "Saved", but its outbox has entries.')
      })
    },
  }
}

/** Runs in the page: true when IndexedDB has no pending entry. */
function countEntries(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('idem-outbox-todos')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const counting = database.transaction('entries').objectStore('entries').count()
      counting.onsuccess = () => {
        database.close()
        resolve(counting.result === 0)
      }
      counting.onerror = () => reject(counting.error)
    }
  })
}
