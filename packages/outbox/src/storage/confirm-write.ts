import type { Platform } from '../platform.ts'
import type { Incarnation } from './reading.ts'
import type { Store } from './store.ts'

/** Storage that was cut off is back within seconds, or not before the page is loaded again. */
const mostLooks = 5
const lookAgainMs = 1_000

/**
 * Where an entry was written after all, if it was, though writing it failed: a write that
 * was cut off may have been made, and another tab may even have sent it since.
 * Were its words given back as well, they would be said twice, under two keys.
 * Storage that cannot be read either is looked at again; if it stays so, the
 * write is taken to have failed like the reading.
 */
export async function confirmWrite(
  id: string,
  { store, later }: Pick<Platform, 'later'> & { readonly store: Pick<Store, 'find'> },
): Promise<Incarnation | undefined> {
  for (let looks = 1; looks <= mostLooks; looks += 1) {
    try {
      return await store.find(id)
    } catch {
      if (looks < mostLooks) await new Promise<void>((resolve) => later(lookAgainMs, resolve))
    }
  }
  return undefined
}
