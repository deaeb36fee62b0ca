import type { Page } from 'playwright-core'
import { expect, vi } from 'vitest'

/** For a busy machine. */
const patience = { timeout: 15_000 }

export type TodoScreen = ReturnType<typeof todoScreen>

/** The page as a person uses it: by accessible names. */
export function todoScreen(page: Page) {
  const field = page.getByRole('textbox', { name: 'New todo' })
  const list = page.getByRole('list', { name: 'Todos' })
  const status = page.getByRole('status')

  /** Resolves when the disk has so many pending entries. `waitForFunction` does not wait for a promise. */
  function stored(count: number): Promise<void> {
    return vi.waitFor(async () => expect(await page.evaluate(pendingEntries)).toBe(count), patience)
  }

  return {
    page,
    field,
    list,
    status,
    addButton: page.getByRole('button', { name: 'Add', exact: true }),
    rows: list.getByRole('listitem'),
    row: (title: string) => list.getByRole('listitem').filter({ hasText: title }),
    deleteButton: (title: string) => page.getByRole('button', { name: `Delete ${title}` }),
    editButton: (title: string) => page.getByRole('button', { name: `Edit ${title}` }),
    completeBox: (title: string) => page.getByRole('checkbox', { name: `Complete ${title}` }),
    undoButton: page.getByRole('button', { name: 'Undo' }),
    search: page.getByRole('searchbox', { name: 'Search' }),
    filter: (name: string) => page.getByRole('link', { name }),
    /** The text field of a row that is edited. */
    editor: list.getByRole('textbox'),

    async add(title: string): Promise<void> {
      await field.fill(title)
      await field.press('Enter')
    },

    async editTo(title: string, next: string): Promise<void> {
      await page.getByRole('button', { name: `Edit ${title}` }).click()
      await list.getByRole('textbox').fill(next)
      await list.getByRole('textbox').press('Enter')
    },

    stored,

    /** Reads the list now, as when the window gets the focus. */
    refetch: () => page.evaluate(() => window.dispatchEvent(new Event('focus'))),

    /** The titles on the screen. */
    titles: () => list.locator('.title').allTextContents(),

    /** The accessible name of the focused element. */
    focused: () => page.evaluate(focusedName),

    /** Resolves when the page has the list, shows that everything there is is saved, and its outbox is empty. */
    async saved(): Promise<void> {
      await list.and(page.locator(':not([aria-busy="true"])')).waitFor({ state: 'attached' })
      // An unused list has nothing that is saved.
      const isSaved = status.and(page.getByText('Saved', { exact: true }))
      await isSaved.or(page.getByText('Nothing to do.')).first().waitFor()
      await stored(0)
    },
  }
}

/** Runs in the page: the number of pending entries of its account in IndexedDB. */
function pendingEntries(): Promise<number> {
  return new Promise((resolve, reject) => {
    const name = `todos ${document.documentElement.dataset.installation}`
    const account = localStorage.getItem(`${name} account`) ?? 'local'
    const opening = indexedDB.open(
      account === 'local' ? `idem-outbox-${name}` : `idem-outbox-${name} of ${account}`,
    )
    opening.onerror = () => reject(opening.error)
    // Deleted at this moment: an empty database of the test would be in the way of the page.
    opening.onupgradeneeded = () => opening.transaction?.abort()
    opening.onsuccess = () => {
      const database = opening.result
      const counting = database.transaction('entries').objectStore('entries').count()
      counting.onsuccess = () => {
        database.close()
        resolve(counting.result)
      }
      counting.onerror = () => reject(counting.error)
    }
  })
}

/** Runs in the page. */
function focusedName(): string {
  const element = document.activeElement
  const label = element?.getAttribute('aria-label')
  if (label) return label
  if (element instanceof HTMLInputElement) return element.labels?.[0]?.textContent ?? ''
  return element === document.body ? '' : (element?.textContent ?? '')
}
