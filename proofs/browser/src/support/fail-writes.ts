import type { Page } from 'playwright-core'

/** The disk has no space for the next entry with this title. */
export async function failWrites(page: Page, title: string): Promise<void> {
  await page.evaluate(failNextWrite, title)
}

/** Runs in the page. */
function failNextWrite(title: string): void {
  const { put } = IDBObjectStore.prototype
  IDBObjectStore.prototype.put = function failing(value, key) {
    if (Object(Object(value).intent).title === title) {
      IDBObjectStore.prototype.put = put
      throw new DOMException('no space', 'QuotaExceededError')
    }
    return key === undefined ? put.call(this, value) : put.call(this, value, key)
  }
}
