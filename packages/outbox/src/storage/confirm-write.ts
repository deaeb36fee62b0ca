import type { Platform } from '../platform.ts'
import type { Incarnation } from './reading.ts'
import type { Store } from './store.ts'

/** A lost connection to the storage comes back within seconds, or only when the page is reloaded. */
const mostLooks = 5
const lookAgainMs = 1_000

/**
 * Finds out whether an entry was written although the write reported an error, and
 * resolves with its database. The write may have been committed when the connection
 * broke, and another tab may even have sent the entry since. If its text were given
 * back to the person as well, it would be submitted twice, under two keys. If the
 * storage cannot be read either, the reading is repeated; if that does not help, the
 * write counts as failed, and null says that it may have succeeded all the same.
 */
export async function confirmWrite(
  id: string,
  { store, later }: Pick<Platform, 'later'> & { readonly store: Pick<Store, 'find'> },
): Promise<Incarnation | undefined | null> {
  for (let looks = 1; looks <= mostLooks; looks += 1) {
    try {
      return await store.find(id)
    } catch {
      if (looks < mostLooks) await new Promise<void>((resolve) => later(lookAgainMs, resolve))
    }
  }
  return null
}
